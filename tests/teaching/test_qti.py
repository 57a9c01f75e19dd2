"""Packages of QTI 2.1, held to the schemas of IMS."""

import zipfile
from pathlib import Path

import pytest
from lxml import etree

from bookbuild.teaching import course
from llmcalc import teaching
from tests.grouped import together

SCHEMAS = Path(__file__).parent / "schemas"
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
    "imsmd_v1p2p4.xsd": ("http://www.imsglobal.org/xsd/imsmd_v1p2", '<element name="lom"/>'),
}


class Imports(etree.Resolver):
    """Gives the schema what it imports, from nowhere else."""

    def resolve(self, address, identifier, context):
        end = address.rsplit("/", 1)[-1]
        if end not in IMPORTS:
            return None
        namespace, declared = IMPORTS[end]
        return self.resolve_string(f'<schema xmlns="{XSD}" targetNamespace="{namespace}">{declared}</schema>', context)


def read_schema(name):
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Imports())
    return etree.XMLSchema(etree.parse(SCHEMAS / name, parser))


@pytest.fixture(scope="module")
def schema():
    return read_schema("imsqti_v2p1.xsd")


@pytest.fixture(scope="module")
def packaging():
    return read_schema("imscp_v1p1.xsd")


@together
@pytest.mark.parametrize("exercise", EXERCISES)
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


@pytest.fixture
def package(request, tmp_path):
    """A chapter's package, by its files."""
    course._write_package(tmp_path / "package.zip", request.param, variants=2)
    with zipfile.ZipFile(tmp_path / "package.zip") as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


every_package = pytest.mark.parametrize("package", teaching.chapters(), indirect=True)


@every_package
def test_a_package_keeps_the_schema_of_packages_and_lists_all_its_files(package, packaging):
    listed = etree.fromstring(package["imsmanifest.xml"])
    assert packaging.validate(listed), packaging.error_log.filter_from_errors()
    space = {"p": course.PACKAGE}
    assert listed.findtext("p:metadata/p:schema", namespaces=space) == "QTIv2.1 Package"
    files = [file.get("href") for file in listed.iterfind(".//p:file", space)]
    assert sorted(files) == sorted(set(package) - {"imsmanifest.xml"})
    kinds = {resource.get("identifier"): resource.get("type") for resource in listed.iterfind(".//p:resource", space)}
    [test] = [name for name, kind in kinds.items() if kind == "imsqti_test_xmlv2p1"]
    needed = [dependency.get("identifierref") for dependency in listed.iterfind(".//p:dependency", space)]
    assert sorted([test, *needed]) == sorted(kinds)
    assert {kinds[name] for name in needed} == {"imsqti_item_xmlv2p1"}


@every_package
def test_a_test_keeps_the_schema_and_draws_one_variant_of_each_exercise(package, schema):
    test = etree.fromstring(package["test.xml"])
    assert schema.validate(test), schema.error_log.filter_from_errors()
    space = {"q": course.QTI}
    sections = test.findall(".//q:assessmentSection", space)
    chapter = test.get("identifier").removeprefix("llmcalc-").removesuffix("-test")
    assert len(sections) == len(teaching.chapter(chapter).exercises)
    for section in sections:
        assert section.find("q:selection", space).get("select") == "1"
        references = section.findall("q:assessmentItemRef", space)
        assert len(references) == 2
        for reference in references:
            item = etree.fromstring(package[reference.get("href")])
            assert item.get("identifier") == reference.get("identifier")
            assert item.get("title").split(",")[0].replace("/", "-") == section.get("identifier")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (' href="test.xml" />', " />"),
        ("<organizations />", ""),
        (' identifierref="memory-1-seed-1"', ""),
        ('identifier="memory-1-seed-1"', 'identifier="1"'),
        ("<resources>", "<resources><schema/>"),
    ],
)
def test_the_schema_of_packages_notices_what_is_wrong(packaging, old, new):
    text = course.manifest("memory", ["memory-1-seed-1"])
    assert old in text
    assert not packaging.validate(etree.fromstring(text.replace(old, new).encode()))
