//! The tools of the tag pet.
//!
//! Written by mcpgen; `src/custom.rs` is the place for your own tools.

use crate::runtime::tool::{Alternative, Body, BodyFormat, BodySource, Choice, Field, Hints, Need, Parameter, ResultShape, ToolDef};

pub(super) const TOOLS: &[ToolDef] = &[
    // PUT /pet — Update an existing pet
    ToolDef::new("update_pet", "PUT", "/pet")
        .title("Update an existing pet")
        .description("Update an existing pet by Id.")
        .operation_id("updatePet")
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("id"),
                            Field::new("name"),
                            Field::new("category"),
                            Field::new("photoUrls"),
                            Field::new("tags"),
                            Field::new("status"),
                        ],
                    ),
                )
                .xml_hints(
                    "{\"name\":\"pet\",\"properties\":{\"category\":{\"ref\":\"Category\"},\"photoUrls\":{\"wrapped\":true,\"items\":{\"name\":\"photoUrl\"}},\"tags\":{\"wrapped\":true,\"items\":{\"ref\":\"Tag\"}}},\"defs\":{\"Category\":{\"name\":\"category\"},\"Tag\":{\"name\":\"tag\"}}}",
                )
                .choice(
                    &Choice::new(
                        "content_type",
                        &[
                            Alternative::new(
                                "application/x-www-form-urlencoded",
                                BodyFormat::Form,
                            ),
                            Alternative::new("application/xml", BodyFormat::Xml),
                        ],
                    ),
                ),
        )
        .accept("application/json")
        .security(
            &[&[Need::scheme("petstore_auth").scopes(&["write:pets", "read:pets"])]],
        )
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // POST /pet — Add a new pet to the store
    ToolDef::new("add_pet", "POST", "/pet")
        .title("Add a new pet to the store")
        .description("Add a new pet to the store.")
        .operation_id("addPet")
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("id"),
                            Field::new("name"),
                            Field::new("category"),
                            Field::new("photoUrls"),
                            Field::new("tags"),
                            Field::new("status"),
                        ],
                    ),
                )
                .xml_hints(
                    "{\"name\":\"pet\",\"properties\":{\"category\":{\"ref\":\"Category\"},\"photoUrls\":{\"wrapped\":true,\"items\":{\"name\":\"photoUrl\"}},\"tags\":{\"wrapped\":true,\"items\":{\"ref\":\"Tag\"}}},\"defs\":{\"Category\":{\"name\":\"category\"},\"Tag\":{\"name\":\"tag\"}}}",
                )
                .choice(
                    &Choice::new(
                        "content_type",
                        &[
                            Alternative::new(
                                "application/x-www-form-urlencoded",
                                BodyFormat::Form,
                            ),
                            Alternative::new("application/xml", BodyFormat::Xml),
                        ],
                    ),
                ),
        )
        .accept("application/json")
        .security(
            &[&[Need::scheme("petstore_auth").scopes(&["write:pets", "read:pets"])]],
        )
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /pet/findByStatus — Finds Pets by status
    ToolDef::new("find_pets_by_status", "GET", "/pet/findByStatus")
        .title("Finds Pets by status")
        .description(
            "Finds Pets by status. Multiple status values can be provided with comma separated strings.",
        )
        .operation_id("findPetsByStatus")
        .parameters(&[Parameter::query("status")])
        .accept("application/json")
        .security(
            &[&[Need::scheme("petstore_auth").scopes(&["write:pets", "read:pets"])]],
        )
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /pet/findByTags — Finds Pets by tags
    ToolDef::new("find_pets_by_tags", "GET", "/pet/findByTags")
        .title("Finds Pets by tags")
        .description(
            "Finds Pets by tags. Multiple tags can be provided with comma separated strings. Use tag1, tag2, tag3 for testing.",
        )
        .operation_id("findPetsByTags")
        .parameters(&[Parameter::query("tags")])
        .accept("application/json")
        .security(
            &[&[Need::scheme("petstore_auth").scopes(&["write:pets", "read:pets"])]],
        )
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /pet/{petId} — Find pet by ID
    ToolDef::new("get_pet_by_id", "GET", "/pet/{petId}")
        .title("Find pet by ID")
        .description("Find pet by ID. Returns a single pet.")
        .operation_id("getPetById")
        .parameters(&[Parameter::path("petId")])
        .accept("application/json")
        .security(
            &[
                &[Need::scheme("api_key")],
                &[Need::scheme("petstore_auth").scopes(&["write:pets", "read:pets"])],
            ],
        )
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // POST /pet/{petId} — Updates a pet in the store with form data
    ToolDef::new("update_pet_with_form", "POST", "/pet/{petId}")
        .title("Updates a pet in the store with form data")
        .description(
            "Updates a pet in the store with form data. Updates a pet resource based on the form data.",
        )
        .operation_id("updatePetWithForm")
        .parameters(
            &[
                Parameter::path("petId"),
                Parameter::query("name"),
                Parameter::query("status"),
            ],
        )
        .accept("application/json")
        .security(
            &[&[Need::scheme("petstore_auth").scopes(&["write:pets", "read:pets"])]],
        )
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // DELETE /pet/{petId} — Deletes a pet
    ToolDef::new("delete_pet", "DELETE", "/pet/{petId}")
        .title("Deletes a pet")
        .description("Deletes a pet. Delete a pet.")
        .operation_id("deletePet")
        .parameters(&[Parameter::header("api_key"), Parameter::path("petId")])
        .security(
            &[&[Need::scheme("petstore_auth").scopes(&["write:pets", "read:pets"])]],
        )
        .hints(Hints::OVERWRITE),
    // POST /pet/{petId}/uploadImage — Uploads an image
    ToolDef::new("upload_file", "POST", "/pet/{petId}/uploadImage")
        .title("Uploads an image")
        .description("Uploads an image. Upload image of the pet.")
        .operation_id("uploadFile")
        .parameters(&[Parameter::path("petId"), Parameter::query("additionalMetadata")])
        .body(Body::bytes(BodySource::Whole("body")).optional())
        .accept("application/json")
        .security(
            &[&[Need::scheme("petstore_auth").scopes(&["write:pets", "read:pets"])]],
        )
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
];
