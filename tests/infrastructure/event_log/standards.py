"""What the two standards of event logs allow: IEEE 1849-2016 (XES), clauses 4 and 5, and OCEL 2.0, its JSON format."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import xmlschema
from msgspec import Struct, field

# The elements of attributes in XES, and the type of their values; a list holds attributes instead (clause 4.2).
VALUES = {
    "string": "xs:string",
    "date": "xs:dateTime",
    "int": "xs:long",
    "float": "xs:double",
    "boolean": "xs:boolean",
    "id": "xs:string",
}
ATTRIBUTE = """
    <xs:element name="{name}"><xs:complexType>
      <xs:group ref="attributes"/>
      <xs:attribute name="key" type="xs:Name" use="required"/>
      <xs:attribute name="value" type="{value}" use="required"/>
    </xs:complexType></xs:element>
"""
XES = """
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
  <xs:group name="attributes"><xs:choice><xs:choice minOccurs="0" maxOccurs="unbounded">{attributes}
    <xs:element name="list"><xs:complexType>
      <xs:sequence><xs:group ref="attributes"/><xs:element name="values" type="attributed"/></xs:sequence>
      <xs:attribute name="key" type="xs:Name" use="required"/>
    </xs:complexType></xs:element>
  </xs:choice></xs:choice></xs:group>
  <xs:complexType name="attributed"><xs:group ref="attributes"/></xs:complexType>
  <xs:element name="log"><xs:complexType>
    <xs:sequence>
      <xs:element name="extension" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
        <xs:attribute name="name" type="xs:NCName" use="required"/>
        <xs:attribute name="prefix" type="xs:NCName" use="required"/>
        <xs:attribute name="uri" type="xs:anyURI" use="required"/>
      </xs:complexType></xs:element>
      <xs:element name="global" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
        <xs:group ref="attributes"/><xs:attribute name="scope" type="xs:NCName"/>
      </xs:complexType></xs:element>
      <xs:element name="classifier" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
        <xs:attribute name="name" type="xs:NCName" use="required"/>
        <xs:attribute name="scope" type="xs:NCName"/>
        <xs:attribute name="keys" type="xs:token" use="required"/>
      </xs:complexType></xs:element>
      <xs:group ref="attributes"/>
      <xs:element name="trace" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
        <xs:group ref="attributes"/>
        <xs:element name="event" type="attributed" minOccurs="0" maxOccurs="unbounded"/>
      </xs:sequence></xs:complexType></xs:element>
      <xs:element name="event" type="attributed" minOccurs="0" maxOccurs="unbounded"/>
    </xs:sequence>
    <xs:attribute name="xes.version" type="xs:decimal" use="required"/>
    <xs:attribute name="xes.features" type="xs:token"/>
  </xs:complexType></xs:element>
</xs:schema>
"""


@cache
def xes_schema() -> xmlschema.XMLSchema:
    """The schema of a log in XES."""
    attributes = "".join(ATTRIBUTE.format(name=name, value=value) for name, value in VALUES.items())
    return xmlschema.XMLSchema(XES.format(attributes=attributes))


class OcelColumn(Struct, frozen=True, forbid_unknown_fields=True):
    """An attribute that events or objects of a type may have."""

    name: str
    type: str


class OcelType(Struct, frozen=True, forbid_unknown_fields=True):
    """A type of events or of objects."""

    name: str
    attributes: list[OcelColumn]


class OcelValue(Struct, frozen=True, forbid_unknown_fields=True):
    """The value of an attribute of an event."""

    name: str
    value: str


class OcelRelation(Struct, frozen=True, forbid_unknown_fields=True):
    """An object that an event or another object is related to, and how."""

    object_id: str = field(name="objectId")
    qualifier: str


class OcelEvent(Struct, frozen=True, forbid_unknown_fields=True):
    """An event."""

    id: str
    type: str
    time: datetime
    attributes: list[OcelValue] = []
    relationships: list[OcelRelation] = []


class OcelChange(Struct, frozen=True, forbid_unknown_fields=True):
    """The value of an attribute of an object from an instant on."""

    name: str
    value: str
    time: datetime


class OcelObject(Struct, frozen=True, forbid_unknown_fields=True):
    """An object."""

    id: str
    type: str
    relationships: list[OcelRelation] = []
    attributes: list[OcelChange] = []


class OcelLog(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A whole log."""

    object_types: list[OcelType]
    event_types: list[OcelType]
    objects: list[OcelObject]
    events: list[OcelEvent]
