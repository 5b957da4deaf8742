//! The tools of the tag user.
//!
//! Written by mcpgen; `src/custom.rs` is the place for your own tools.

use crate::runtime::tool::{Alternative, Body, BodyFormat, BodySource, Choice, Field, Hints, Parameter, ResultShape, ToolDef};

pub(super) const TOOLS: &[ToolDef] = &[
    // POST /user — Create user
    ToolDef::new("create_user", "POST", "/user")
        .title("Create user")
        .description("Create user. This can only be done by the logged in user.")
        .operation_id("createUser")
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("id"),
                            Field::new("username"),
                            Field::new("firstName"),
                            Field::new("lastName"),
                            Field::new("email"),
                            Field::new("password"),
                            Field::new("phone"),
                            Field::new("userStatus"),
                        ],
                    ),
                )
                .xml_hints("{\"name\":\"user\"}")
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
                )
                .optional(),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // POST /user/createWithList — Creates list of users with given input array
    ToolDef::new("create_users_with_list_input", "POST", "/user/createWithList")
        .title("Creates list of users with given input array")
        .description("Creates list of users with given input array.")
        .operation_id("createUsersWithListInput")
        .body(Body::json(BodySource::Whole("body")).optional())
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /user/login — Logs user into the system
    ToolDef::new("login_user", "GET", "/user/login")
        .title("Logs user into the system")
        .description("Logs user into the system. Log into the system.")
        .operation_id("loginUser")
        .parameters(&[Parameter::query("username"), Parameter::query("password")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::WrappedText),
    // GET /user/logout — Logs out current logged in user session
    ToolDef::new("logout_user", "GET", "/user/logout")
        .title("Logs out current logged in user session")
        .description(
            "Logs out current logged in user session. Log user out of the system.",
        )
        .operation_id("logoutUser")
        .hints(Hints::READ),
    // GET /user/{username} — Get user by user name
    ToolDef::new("get_user_by_name", "GET", "/user/{username}")
        .title("Get user by user name")
        .description("Get user by user name. Get user detail based on username.")
        .operation_id("getUserByName")
        .parameters(&[Parameter::path("username")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PUT /user/{username} — Update user resource
    ToolDef::new("update_user", "PUT", "/user/{username}")
        .title("Update user resource")
        .description(
            "Update user resource. This can only be done by the logged in user.",
        )
        .operation_id("updateUser")
        .parameters(&[Parameter::path("username")])
        .body(
            Body::json(BodySource::Whole("body"))
                .xml_hints("{\"name\":\"user\"}")
                .choice(
                    &Choice::new(
                        "content_type",
                        &[
                            Alternative::new(
                                    "application/x-www-form-urlencoded",
                                    BodyFormat::Form,
                                )
                                .fields(
                                    &[
                                        Field::new("id"),
                                        Field::new("username"),
                                        Field::new("firstName"),
                                        Field::new("lastName"),
                                        Field::new("email"),
                                        Field::new("password"),
                                        Field::new("phone"),
                                        Field::new("userStatus"),
                                    ],
                                ),
                            Alternative::new("application/xml", BodyFormat::Xml),
                        ],
                    ),
                )
                .optional(),
        )
        .hints(Hints::OVERWRITE),
    // DELETE /user/{username} — Delete user resource
    ToolDef::new("delete_user", "DELETE", "/user/{username}")
        .title("Delete user resource")
        .description(
            "Delete user resource. This can only be done by the logged in user.",
        )
        .operation_id("deleteUser")
        .parameters(&[Parameter::path("username")])
        .hints(Hints::OVERWRITE),
];
