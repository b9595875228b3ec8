"""How do the parts of the schema get their names? Each name means one thing, or generated clients refuse good answers.

Ninja keeps one definition a name, the last: enumerations, all called `State` or `Kind`, stand where they are used instead.
"""

from typing import Any

from ninja.openapi.schema import OpenAPISchema

_REF = "#/components/schemas/"


class SchemaOfApi(OpenAPISchema):
    """The schema without definitions of enumerations."""

    _enums: dict[str, Any]

    def _create_schema_from_model(self, *words: Any, **named: Any) -> tuple[dict[str, Any], bool]:
        self._enums = {}
        told, is_required = super()._create_schema_from_model(*words, **named)
        return _inlined(told, self._enums), is_required

    def _extract_parameters(self, model: Any) -> list[dict[str, Any]]:
        self._enums = {}
        told = super()._extract_parameters(model)
        inlined: list[dict[str, Any]] = _inlined(told, self._enums)
        return inlined

    def add_schema_definitions(self, definitions: dict[str, Any]) -> None:
        self._enums = {name: one for name, one in definitions.items() if "enum" in one}
        super().add_schema_definitions(
            {name: _inlined(one, self._enums) for name, one in definitions.items() if name not in self._enums}
        )


def _inlined(told: Any, enums: dict[str, Any]) -> Any:
    if isinstance(told, list):
        return [_inlined(one, enums) for one in told]
    if not isinstance(told, dict):
        return told
    name = str(told.get("$ref", "")).removeprefix(_REF)
    if name in enums:
        return {**enums[name], **{key: value for key, value in told.items() if key != "$ref"}}
    return {key: _inlined(value, enums) for key, value in told.items()}
