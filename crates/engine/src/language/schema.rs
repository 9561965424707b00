//! The JSON Schema for editors, written from the parser's own table of keys.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::keys::{self, Shape, Table};

/// A value of JSON; mappings keep their order.
enum Json {
    Text(String),
    Truth(bool),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl Json {
    fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    fn map(pairs: Vec<(&str, Self)>) -> Self {
        Self::Map(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    fn typed(name: &str) -> Self {
        Self::map(vec![("type", Self::text(name))])
    }

    fn reference(name: &str) -> Self {
        Self::map(vec![("$ref", Self::Text(format!("#/$defs/{name}")))])
    }

    fn any_of(of: Vec<Self>) -> Self {
        Self::map(vec![("anyOf", Self::List(of))])
    }

    fn write(&self, indent: usize, into: &mut String) {
        let pad = " ".repeat(indent + 2);
        match self {
            Self::Text(text) => {
                into.push('"');
                for sign in text.chars() {
                    match sign {
                        '"' | '\\' => {
                            into.push('\\');
                            into.push(sign);
                        }
                        sign => into.push(sign),
                    }
                }
                into.push('"');
            }
            Self::Truth(truth) => {
                let _ = write!(into, "{truth}");
            }
            Self::List(items) if items.iter().all(|item| matches!(item, Self::Text(_))) => {
                into.push('[');
                for (place, item) in items.iter().enumerate() {
                    into.push_str(if place > 0 { ", " } else { "" });
                    item.write(0, into);
                }
                into.push(']');
            }
            Self::List(items) => {
                into.push('[');
                for (place, item) in items.iter().enumerate() {
                    let _ = write!(into, "{}\n{pad}", if place > 0 { "," } else { "" });
                    item.write(indent + 2, into);
                }
                let _ = write!(into, "\n{}]", " ".repeat(indent));
            }
            Self::Map(pairs) if pairs.is_empty() => into.push_str("{}"),
            Self::Map(pairs) => {
                into.push('{');
                for (place, (key, value)) in pairs.iter().enumerate() {
                    let _ = write!(into, "{}\n{pad}\"{key}\": ", if place > 0 { "," } else { "" });
                    value.write(indent + 2, into);
                }
                let _ = write!(into, "\n{}}}", " ".repeat(indent));
            }
        }
    }
}

/// The schema of definition files.
#[must_use]
pub fn definition_schema() -> String {
    schema(&keys::DEFINITION, "A Brix definition")
}

/// The schema of `brix.yaml`.
#[must_use]
pub fn workspace_schema() -> String {
    schema(&keys::WORKSPACE, "A Brix workspace")
}

fn schema(root: &'static Table, title: &str) -> String {
    let mut tables = BTreeMap::new();
    collect(root, &mut tables);
    for (_, table) in &keys::CRITERIA {
        collect(table, &mut tables);
    }
    collect(&keys::TESTS, &mut tables);
    collect(&keys::EVENTS, &mut tables);
    let mut definitions: Vec<(String, Json)> = vec![
        ("criterion".to_owned(), criterion(false)),
        ("point_row".to_owned(), criterion(true)),
        ("filter".to_owned(), filter()),
        ("value".to_owned(), value()),
        ("population".to_owned(), population()),
    ];
    for (name, table) in &tables {
        definitions.push(((*name).to_owned(), object(table)));
    }
    let Json::Map(mut pairs) = object(root) else { return String::new() };
    let mut all = vec![
        ("$schema".to_owned(), Json::text("https://json-schema.org/draft/2020-12/schema")),
        ("title".to_owned(), Json::text(title)),
    ];
    all.append(&mut pairs);
    all.push(("$defs".to_owned(), Json::Map(definitions)));
    let mut text = String::new();
    Json::Map(all).write(0, &mut text);
    text.push('\n');
    text
}

fn collect(table: &'static Table, into: &mut BTreeMap<&'static str, &'static Table>) {
    if into.insert(table.name, table).is_some() {
        return;
    }
    for key in table.keys {
        collect_shape(key.shape, into);
    }
}

fn collect_shape(shape: Shape, into: &mut BTreeMap<&'static str, &'static Table>) {
    match shape {
        Shape::Of(table) => collect(table, into),
        Shape::Happening => collect(&keys::EXAMPLE_RECORD, into),
        Shape::List(inner) | Shape::MapOf(inner) => collect_shape(*inner, into),
        Shape::Either(shapes) => shapes.iter().for_each(|shape| collect_shape(*shape, into)),
        _ => {}
    }
}

/// A mapping with the keys of a table. A record of an example has its event's properties beside them.
fn object(table: &Table) -> Json {
    let properties = table.keys.iter().map(|key| (key.name.to_owned(), described(key.shape, key.about))).collect();
    let required: Vec<Json> = table.keys.iter().filter(|key| key.required).map(|key| Json::text(key.name)).collect();
    let mut pairs = vec![("type", Json::text("object")), ("properties", Json::Map(properties))];
    if !required.is_empty() {
        pairs.push(("required", Json::List(required)));
    }
    pairs.push(("additionalProperties", Json::Truth(std::ptr::eq(table, &raw const keys::EXAMPLE_RECORD))));
    Json::map(pairs)
}

fn described(shape: Shape, about: &str) -> Json {
    let mut pairs = match shaped(shape) {
        Json::Map(pairs) => pairs,
        _ => Vec::new(),
    };
    pairs.insert(0, ("description".to_owned(), Json::text(about)));
    Json::Map(pairs)
}

fn shaped(shape: Shape) -> Json {
    match shape {
        // Names and lengths of time can look like numbers or truths.
        Shape::Text | Shape::Duration => Json::any_of(vec![Json::typed("string"), Json::typed("number")]),
        Shape::Boolean => Json::typed("boolean"),
        Shape::Number => Json::any_of(vec![Json::typed("number"), percentage()]),
        Shape::Whole => Json::typed("integer"),
        Shape::Comparison | Shape::Value => Json::reference("value"),
        Shape::Counted => Json::any_of(vec![Json::typed("string"), Json::typed("null")]),
        Shape::Words(words) => {
            Json::map(vec![("enum", Json::List(words.iter().map(|word| Json::text(word)).collect()))])
        }
        Shape::List(inner) => Json::map(vec![("type", Json::text("array")), ("items", shaped(*inner))]),
        Shape::MapOf(inner) => {
            Json::map(vec![("type", Json::text("object")), ("additionalProperties", shaped(*inner))])
        }
        Shape::Of(table) => Json::reference(table.name),
        Shape::Either(shapes) => Json::any_of(shapes.iter().map(|shape| shaped(*shape)).collect()),
        Shape::Criterion => Json::reference("criterion"),
        Shape::Row => Json::reference("point_row"),
        Shape::Happening => happening(),
        Shape::Filter => Json::reference("filter"),
        Shape::Events => {
            let names = Json::map(vec![("type", Json::text("array")), ("items", Json::typed("string"))]);
            Json::any_of(vec![Json::typed("string"), names, Json::reference("events")])
        }
        Shape::Population => Json::reference("population"),
    }
}

fn percentage() -> Json {
    Json::map(vec![("type", Json::text("string")), ("pattern", Json::text("%$"))])
}

/// A criterion is one of its kinds; in a point table it has points as well.
fn criterion(with_points: bool) -> Json {
    let mut kinds: Vec<&'static Table> = Vec::new();
    for (_, table) in &keys::CRITERIA {
        if !kinds.iter().any(|kind| kind.name == table.name) {
            kinds.push(table);
        }
    }
    let of = kinds.into_iter().map(|table| {
        if !with_points {
            return Json::reference(table.name);
        }
        let keys = table.keys.iter().chain(keys::POINT_ROW.keys);
        let properties = keys.clone().map(|key| (key.name.to_owned(), shaped(key.shape))).collect();
        let required = keys.filter(|key| key.required).map(|key| Json::text(key.name)).collect();
        Json::map(vec![
            ("type", Json::text("object")),
            ("properties", Json::Map(properties)),
            ("required", Json::List(required)),
            ("additionalProperties", Json::Truth(false)),
        ])
    });
    Json::any_of(of.collect())
}

/// A scalar, typed by how it looks.
fn value() -> Json {
    Json::map(vec![("type", Json::List(["string", "number", "boolean"].map(Json::text).into()))])
}

/// A value, several, or a test.
fn tested() -> Json {
    let several = Json::map(vec![("type", Json::text("array")), ("items", Json::reference("value"))]);
    Json::any_of(vec![Json::reference("value"), several, Json::reference("tests")])
}

fn filter() -> Json {
    let several = || Json::map(vec![("type", Json::text("array")), ("items", Json::reference("filter"))]);
    Json::map(vec![
        ("type", Json::text("object")),
        ("properties", Json::map(vec![("all", several()), ("any", several()), ("not", Json::reference("filter"))])),
        ("additionalProperties", tested()),
    ])
}

fn population() -> Json {
    let everyone = Json::map(vec![("const", Json::text("everyone"))]);
    let traits = Json::map(vec![("type", Json::text("object")), ("additionalProperties", tested())]);
    Json::any_of(vec![everyone, Json::reference("criterion"), traits])
}

/// What happens at a time of an example.
fn happening() -> Json {
    let one = || vec![Json::typed("string"), Json::reference("example_record")];
    let several = Json::map(vec![("type", Json::text("array")), ("items", Json::any_of(one()))]);
    let mut of = one();
    of.push(several);
    Json::any_of(of)
}
