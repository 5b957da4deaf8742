//! Null for what is absent, as clients of strict schemas have to send it: there every field is required.

use serde_json::Value;

use super::Schema;

/// Takes the nulls away that stand where the schema requires nothing. Inside of what the schema does not describe, a null
/// is the caller's own.
pub(super) fn drop_nulls(schema: &Schema, value: &mut Value) {
    drop_in(schema, &schema.document, value);
}

fn drop_in(all: &Schema, schema: &Value, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let names: Vec<String> = fields.keys().cloned().collect();
            for name in names {
                let Some(property) = all.part(schema, &name) else {
                    continue;
                };
                if fields[&name].is_null() && !all.requires(schema, &name) {
                    fields.shift_remove(&name);
                } else {
                    drop_in(all, property, &mut fields[&name]);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                if let Some(schema) = all.part(schema, "0") {
                    drop_in(all, schema, item);
                }
            }
        }
        _ => {}
    }
}
