"""Packages of QTI 2.1, held to the schema of IMS."""

from pathlib import Path

import pytest
from lxml import etree

from bookbuild import course
from llmcalc import teaching

SCHEMA = Path(__file__).parent / "schemas" / "imsqti_v2p1.xsd"
EXERCISES = [exercise for name in teaching.chapters() for exercise in teaching.chapter(name).exercises]
XSD = "http://www.w3.org/2001/XMLSchema"
# What the schema imports, as far as it names something of it: by the end of the address, namespace and declarations.
IMPORTS = {
    "xml.xsd": (
        "http://www.w3.org/XML/1998/namespace",
        '<attribute name="base" type="anyURI"/><attribute name="lang" type="language"/>',
    ),
    "XInclude.xsd": ("http://www.w3.org/2001/XInclude", '<element name="include"/>'),
    "mathml2.xsd": ("http://www.w3.org/1998/Math/MathML", '<element name="math"/>'),
    "apipv1p0_qtiextv2p1_v1p0.xsd": (
        "http://www.imsglobal.org/xsd/apip/apipv1p0/imsapip_qtiv1p0",
        '<element name="apipAccessibility"/>',
    ),
}


class Imports(etree.Resolver):
    """Gives the schema what it imports, from nowhere else."""

    def resolve(self, address, identifier, context):
        end = address.rsplit("/", 1)[-1]
        if end not in IMPORTS:
            return None
        namespace, declared = IMPORTS[end]
        return self.resolve_string(f'<schema xmlns="{XSD}" targetNamespace="{namespace}">{declared}</schema>', context)


@pytest.fixture(scope="module")
def schema():
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Imports())
    return etree.XMLSchema(etree.parse(SCHEMA, parser))


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_an_item_keeps_the_schema(schema, exercise):
    for each in course.posed(exercise, 3):
        item = etree.fromstring(course.qti(each).encode())
        assert schema.validate(item), schema.error_log.filter_from_errors()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('cardinality="single"', 'cardinality="several"'),
        (' title="training-gpus/1, seed 3"', ""),
        ("<itemBody>", "<itemBody><itemBody/>"),
        ("textEntryInteraction", "textInteraction"),
        ('toleranceMode="relative"', 'toleranceMode="percent"'),
        ('timeDependent="false"', 'timeDependent="never"'),
    ],
)
def test_the_schema_notices_what_is_wrong(schema, old, new):
    text = course.qti(teaching.pose("training-gpus/1", 3))
    assert old in text
    assert not schema.validate(etree.fromstring(text.replace(old, new).encode()))


def test_special_characters_and_powers_come_through(schema):
    texts = "".join(course.qti(exercise.pose(1)) for exercise in EXERCISES)
    for character in "×⁹%":
        assert character in texts
