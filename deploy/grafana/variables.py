"""What a board can be narrowed by, and where its links lead."""

from grafana_foundation_sdk.builders.dashboard import (
    CustomVariable,
    DatasourceVariable,
    QueryVariable,
    TextBoxVariable,
)
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from deploy.runbooks import BASE
from scoring.levels import Level

SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
EVERYTHING = ".+"
CONSOLE = "http://localhost:6066"


def source() -> DatasourceVariable:
    """Which Prometheus."""
    return DatasourceVariable("source").label("Prometheus").type("prometheus")


def labels(name: str, label: str, metric: str, chosen: str | None = None) -> QueryVariable:
    """The values of a label of a metric: all of them, or `chosen`, to begin with."""
    narrowed = metric if name == "job" else f'{metric}{{job=~"$job"}}'
    query = (
        QueryVariable(name)
        .label(label)
        .query({"qryType": 1, "query": f"label_values({narrowed}, {name})", "refId": name})
        .datasource(SOURCE)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
    )
    if chosen is not None:
        return query.current(VariableOption(selected=True, text=chosen, value=chosen))
    every = VariableOption(selected=True, text=["All"], value=["$__all"])
    return query.multi(True).include_all(True).all_value(EVERYTHING).current(every)


def job() -> QueryVariable:
    """Which installation, by the name that Prometheus scrapes it under."""
    return labels("job", "Job", "tocsin_build_info")


def brand() -> QueryVariable:
    """Which brands."""
    return labels("brand", "Brand", "tocsin_mentions_total")


def level() -> CustomVariable:
    """Which levels of cases."""
    names = ",".join(level.value for level in reversed(Level))
    every = VariableOption(selected=True, text=["All"], value=["$__all"])
    variable = CustomVariable("level").label("Level").values(names).multi(True)
    return variable.include_all(True).all_value(EVERYTHING).current(every)


def choice(name: str, label: str, values: list[str], about: str) -> CustomVariable:
    """One of a few values, the first to begin with."""
    first = VariableOption(selected=True, text=values[0], value=values[0])
    options = [VariableOption(selected=v == values[0], text=v, value=v) for v in values]
    variable = CustomVariable(name).label(label).description(about)
    return variable.values(",".join(values)).options(options).current(first)


def console() -> TextBoxVariable:
    """Where the console is."""
    return _address("console", "Console", CONSOLE, "Address of a worker's console")


def handbook() -> TextBoxVariable:
    """Where the runbooks are."""
    return _address("handbook", "Runbooks", BASE, "Address of the page Operations")


def _address(name: str, label: str, value: str, about: str) -> TextBoxVariable:
    held = VariableOption(selected=True, text=value, value=value)
    variable = TextBoxVariable(name).label(label).description(about)
    return variable.default_value(value).current(held).options([held])
