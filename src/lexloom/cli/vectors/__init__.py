"""``lexloom vectors``: learn word vectors, ask them, score them, draw them and convert them."""

import typer

from lexloom.cli.vectors import ask, convert, evaluate, plot, train

app = typer.Typer(help="Word vectors: learn, ask, score, draw, convert.", no_args_is_help=True)

app.command("train", epilog=train.EXAMPLE)(train.train)
app.command("nearest", epilog=ask.NEAREST_EXAMPLE)(ask.nearest)
app.command("analogy", epilog=ask.ANALOGY_EXAMPLE)(ask.analogy)
app.command("evaluate", epilog=evaluate.EXAMPLE)(evaluate.evaluate)
app.command("plot", epilog=plot.EXAMPLE)(plot.plot)
app.command("convert", epilog=convert.EXAMPLE)(convert.convert)
