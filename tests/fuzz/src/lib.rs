//! The properties of `tests/properties` for the fuzz targets, each of which is one line.

#[path = "../../properties/mod.rs"]
#[expect(dead_code, reason = "the tests of mcpgen use more of it")]
mod properties;

/// Panics where an input breaks the property of a stage.
pub fn holds(stage: &str, input: &[u8]) {
    let found = properties::STAGES.iter().find(|(name, _)| *name == stage);
    let (_, property) = found.expect("each target has a stage");
    property(input);
}
