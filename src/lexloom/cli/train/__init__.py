"""``lexloom train``: one command a kind of model, each with progress, dev scores and resume."""

import typer

from lexloom.cli.train import bert, extractor, labelled, nnlm, tagger

app = typer.Typer(help="Train models; a run that was cut off goes on.", no_args_is_help=True)

app.command("bert", epilog=bert.EXAMPLE)(bert.bert)
app.command("nnlm", epilog=nnlm.EXAMPLE)(nnlm.nnlm)
app.command("extractor", epilog=extractor.EXAMPLE)(extractor.extractor)
app.command("classifier", epilog=labelled.CLASSIFIER_EXAMPLE)(labelled.classifier)
app.command("regressor", epilog=labelled.REGRESSOR_EXAMPLE)(labelled.regressor)
app.command("tagger", epilog=tagger.EXAMPLE)(tagger.tagger)
