"""Makes all that is made: copies of rules and boards, schema, README, results of the situations."""

import json
import sys

from helm.tools import comments, copies, readme, rendering, schema


def main() -> int:
    """Writes the files; without the Helm SDK the results are left as they are."""
    copies.make()
    keys = comments.read((copies.CHART / "values.yaml").read_text("utf-8"))
    text = json.dumps(schema.of(keys), indent=2, ensure_ascii=False) + "\n"
    (copies.CHART / "values.schema.json").write_text(text, "utf-8")
    page = copies.CHART / "README.md"
    page.write_text(readme.with_tables(page.read_text("utf-8"), keys), "utf-8")
    try:
        import helm_python  # noqa: F401
    except ImportError:
        print("results left as they are: pip install helm-python-sdk", file=sys.stderr)
        return 1
    situations = rendering.situations()
    for situation in situations:
        made = rendering.render(rendering.values(situation))
        rendering.committed(situation).parent.mkdir(exist_ok=True)
        rendering.committed(situation).write_text(rendering.result(made), "utf-8")
    for path in (copies.CHART / "ci" / "rendered").glob("*.yaml"):
        if path.stem not in situations:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
