"""`podgraph documents`: registers persisted documents."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from podgraph.cli.engine import check_tables, own_database, run_on
from podgraph.cli.output import fail, out
from podgraph.cli.query import read_text
from podgraph.kernel.notation import plural

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


document_commands = typer.Typer(help="Manage persisted documents.", no_args_is_help=True)


@document_commands.command()
def add(
    folder: Annotated[Path, typer.Argument(help="Folder with one document per .graphql file.")],
) -> None:
    """Register the documents of a folder, and print the hash of each.

    With PODGRAPH_PERSISTED_DOCUMENTS=enforce, a server rejects all other documents.
    """
    from podgraph.limits.persisted_documents import add_documents, document_hash

    files = sorted(folder.rglob("*.graphql"))
    if not files:
        raise fail(f"{folder} has no .graphql file", 2)
    texts = {str(file): read_text(str(file)) for file in files}
    for file, document in texts.items():
        _check_document(file, document)
    url = own_database()

    async def work(engine: "AsyncEngine") -> int:
        await check_tables(engine)
        return await add_documents(engine, texts.values())

    new = run_on(url, work)
    for file, document in texts.items():
        typer.echo(f"sha256:{document_hash(document)}  {file}")
    out.print(f"Added {new} of {plural(len(texts), 'document')}.", style="green", soft_wrap=True)


def _check_document(file: str, document: str) -> None:
    from graphql import GraphQLSyntaxError, parse, validate
    from podgraph.schema import build_schema

    try:
        errors = validate(build_schema()._schema, parse(document))
    except GraphQLSyntaxError as error:
        errors = [error]
    if errors:
        raise fail(f"{file} is not valid for this schema: {errors[0].message}")
