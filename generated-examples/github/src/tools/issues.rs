//! The tools of the tag issues.
//!
//! Written by mcpgen; `src/custom.rs` is the place for your own tools.

use crate::runtime::tool::{Body, BodySource, Field, Hints, Parameter, ResultShape, ToolDef};

pub(super) const TOOLS: &[ToolDef] = &[
    // GET /issues — List issues assigned to the authenticated user
    ToolDef::new("issues_list", "GET", "/issues")
        .title("List issues assigned to the authenticated user")
        .description(
            "List issues assigned to the authenticated user across all visible repositories including owned repositories, member repositories, and organization repositories. You can use the `filter` query parameter to fetch issues that are not necessarily assigned to you.",
        )
        .operation_id("issues/list")
        .parameters(
            &[
                Parameter::query("filter"),
                Parameter::query("state"),
                Parameter::query("labels"),
                Parameter::query("sort"),
                Parameter::query("direction"),
                Parameter::query("since"),
                Parameter::query("collab"),
                Parameter::query("orgs"),
                Parameter::query("owned"),
                Parameter::query("pulls"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /orgs/{org}/issues — List organization issues assigned to the authenticated user
    ToolDef::new("issues_list_for_org", "GET", "/orgs/{org}/issues")
        .title("List organization issues assigned to the authenticated user")
        .description(
            "List organization issues assigned to the authenticated user. List issues in an organization assigned to the authenticated user.",
        )
        .operation_id("issues/list-for-org")
        .parameters(
            &[
                Parameter::path("org"),
                Parameter::query("filter"),
                Parameter::query("state"),
                Parameter::query("labels"),
                Parameter::query("type"),
                Parameter::query("sort"),
                Parameter::query("direction"),
                Parameter::query("since"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/assignees — List assignees
    ToolDef::new("issues_list_assignees", "GET", "/repos/{owner}/{repo}/assignees")
        .title("List assignees")
        .description(
            "List assignees. Lists the available assignees for issues in a repository.",
        )
        .operation_id("issues/list-assignees")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/assignees/{assignee} — Check if a user can be assigned
    ToolDef::new(
            "issues_check_user_can_be_assigned",
            "GET",
            "/repos/{owner}/{repo}/assignees/{assignee}",
        )
        .title("Check if a user can be assigned")
        .description(
            "\
Check if a user can be assigned. Checks if a user has permission to be assigned to an issue in this repository.\n\
\n\
If the `assignee` can be assigned to issues in the repository, a `204` header with no content is returned.\n\
\n\
Otherwise a `404` status code is returned.",
        )
        .operation_id("issues/check-user-can-be-assigned")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("assignee"),
            ],
        )
        .hints(Hints::READ),
    // GET /repos/{owner}/{repo}/issues — List repository issues
    ToolDef::new("issues_list_for_repo", "GET", "/repos/{owner}/{repo}/issues")
        .title("List repository issues")
        .description(
            "List repository issues. List issues in a repository. Only open issues will be listed.",
        )
        .operation_id("issues/list-for-repo")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("milestone"),
                Parameter::query("state"),
                Parameter::query("assignee"),
                Parameter::query("type"),
                Parameter::query("creator"),
                Parameter::query("mentioned"),
                Parameter::query("issue_field_values"),
                Parameter::query("labels"),
                Parameter::query("sort"),
                Parameter::query("direction"),
                Parameter::query("since"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/issues — Create an issue
    ToolDef::new("issues_create", "POST", "/repos/{owner}/{repo}/issues")
        .title("Create an issue")
        .description(
            "Create an issue. Any user with pull access to a repository can create an issue. If issues are disabled in the repository, the API returns a `410 Gone` status.",
        )
        .operation_id("issues/create")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("title"),
                        Field::new("body"),
                        Field::new("assignee"),
                        Field::new("milestone"),
                        Field::new("labels"),
                        Field::new("assignees"),
                        Field::new("issue_field_values"),
                        Field::new("type"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/issues/comments — List issue comments for a repository
    ToolDef::new(
            "issues_list_comments_for_repo",
            "GET",
            "/repos/{owner}/{repo}/issues/comments",
        )
        .title("List issue comments for a repository")
        .description(
            "\
List issue comments for a repository. You can use the REST API to list comments on issues and pull requests for a repository. Every pull request is an issue, but not every issue is a pull request.\n\
\n\
By default, issue comments are ordered by ascending ID.",
        )
        .operation_id("issues/list-comments-for-repo")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("sort"),
                Parameter::query("direction"),
                Parameter::query("since"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/issues/comments/{comment_id} — Get an issue comment
    ToolDef::new(
            "issues_get_comment",
            "GET",
            "/repos/{owner}/{repo}/issues/comments/{comment_id}",
        )
        .title("Get an issue comment")
        .description(
            "\
Get an issue comment. You can use the REST API to get comments on issues and pull requests. Every pull request is an issue, but not every issue is a pull request.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("issues/get-comment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("comment_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PATCH /repos/{owner}/{repo}/issues/comments/{comment_id} — Update an issue comment
    ToolDef::new(
            "issues_update_comment",
            "PATCH",
            "/repos/{owner}/{repo}/issues/comments/{comment_id}",
        )
        .title("Update an issue comment")
        .description(
            "\
Update an issue comment. You can use the REST API to update comments on issues and pull requests. Every pull request is an issue, but not every issue is a pull request.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("issues/update-comment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("comment_id"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("body")])))
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/issues/comments/{comment_id} — Delete an issue comment
    ToolDef::new(
            "issues_delete_comment",
            "DELETE",
            "/repos/{owner}/{repo}/issues/comments/{comment_id}",
        )
        .title("Delete an issue comment")
        .description(
            "Delete an issue comment. You can use the REST API to delete comments on issues and pull requests. Every pull request is an issue, but not every issue is a pull request.",
        )
        .operation_id("issues/delete-comment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("comment_id"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // PUT /repos/{owner}/{repo}/issues/comments/{comment_id}/pin — Pin an issue comment
    ToolDef::new(
            "issues_pin_comment",
            "PUT",
            "/repos/{owner}/{repo}/issues/comments/{comment_id}/pin",
        )
        .title("Pin an issue comment")
        .description(
            "\
Pin an issue comment. You can use the REST API to pin comments on issues.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("issues/pin-comment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("comment_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}/pin — Unpin an issue comment
    ToolDef::new(
            "issues_unpin_comment",
            "DELETE",
            "/repos/{owner}/{repo}/issues/comments/{comment_id}/pin",
        )
        .title("Unpin an issue comment")
        .description(
            "Unpin an issue comment. You can use the REST API to unpin comments on issues.",
        )
        .operation_id("issues/unpin-comment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("comment_id"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/issues/events — List issue events for a repository
    ToolDef::new(
            "issues_list_events_for_repo",
            "GET",
            "/repos/{owner}/{repo}/issues/events",
        )
        .title("List issue events for a repository")
        .description(
            "List issue events for a repository. Lists events for a repository.",
        )
        .operation_id("issues/list-events-for-repo")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/issues/events/{event_id} — Get an issue event
    ToolDef::new(
            "issues_get_event",
            "GET",
            "/repos/{owner}/{repo}/issues/events/{event_id}",
        )
        .title("Get an issue event")
        .description("Get an issue event. Gets a single event by the event id.")
        .operation_id("issues/get-event")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("event_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/issues/{issue_number} — Get an issue
    ToolDef::new("issues_get", "GET", "/repos/{owner}/{repo}/issues/{issue_number}")
        .title("Get an issue")
        .description(
            "Get an issue. The API returns a `301 Moved Permanently` status if the issue was transferred to another repository. If the issue was transferred to or deleted from a repository where the authenticated user lacks read access, the API returns a `404 Not Found` status. If the issue was deleted from a repository where the authenticated user has read access, the API returns a `410 Gone` status. To receive webhook events for transferred and deleted issues, subscribe to the `issues` webhook.",
        )
        .operation_id("issues/get")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PATCH /repos/{owner}/{repo}/issues/{issue_number} — Update an issue
    ToolDef::new("issues_update", "PATCH", "/repos/{owner}/{repo}/issues/{issue_number}")
        .title("Update an issue")
        .description(
            "\
Update an issue. Issue owners and users with push access or Triage role can edit an issue.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("issues/update")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("title"),
                            Field::new("body"),
                            Field::new("assignee"),
                            Field::new("state"),
                            Field::new("state_reason"),
                            Field::new("duplicate_issue_id"),
                            Field::new("milestone"),
                            Field::new("labels"),
                            Field::new("assignees"),
                            Field::new("issue_field_values"),
                            Field::new("type"),
                        ],
                    ),
                )
                .optional(),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/issues/{issue_number}/assignees — Add assignees to an issue
    ToolDef::new(
            "issues_add_assignees",
            "POST",
            "/repos/{owner}/{repo}/issues/{issue_number}/assignees",
        )
        .title("Add assignees to an issue")
        .description(
            "Add assignees to an issue. Adds up to 10 assignees to an issue. Users already assigned to an issue are not replaced.",
        )
        .operation_id("issues/add-assignees")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("assignees")])).optional())
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/issues/{issue_number}/assignees — Remove assignees from an issue
    ToolDef::new(
            "issues_remove_assignees",
            "DELETE",
            "/repos/{owner}/{repo}/issues/{issue_number}/assignees",
        )
        .title("Remove assignees from an issue")
        .description(
            "Remove assignees from an issue. Removes one or more assignees from an issue.",
        )
        .operation_id("issues/remove-assignees")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("assignees")])))
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/issues/{issue_number}/assignees/{assignee} — Check if a user can be assigned to a issue
    ToolDef::new(
            "issues_check_user_can_be_assigned_issue",
            "GET",
            "/repos/{owner}/{repo}/issues/{issue_number}/assignees/{assignee}",
        )
        .title("Check if a user can be assigned to a issue")
        .description(
            "\
Check if a user can be assigned to a issue. Checks if a user has permission to be assigned to a specific issue.\n\
\n\
If the `assignee` can be assigned to this issue, a `204` status code with no content is returned.\n\
\n\
Otherwise a `404` status code is returned.",
        )
        .operation_id("issues/check-user-can-be-assigned-to-issue")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
                Parameter::path("assignee"),
            ],
        )
        .hints(Hints::READ),
    // GET /repos/{owner}/{repo}/issues/{issue_number}/comments — List issue comments
    ToolDef::new(
            "issues_list_comments",
            "GET",
            "/repos/{owner}/{repo}/issues/{issue_number}/comments",
        )
        .title("List issue comments")
        .description(
            "\
List issue comments. You can use the REST API to list comments on issues and pull requests. Every pull request is an issue, but not every issue is a pull request.\n\
\n\
Issue comments are ordered by ascending ID.",
        )
        .operation_id("issues/list-comments")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
                Parameter::query("since"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/issues/{issue_number}/comments — Create an issue comment
    ToolDef::new(
            "issues_create_comment",
            "POST",
            "/repos/{owner}/{repo}/issues/{issue_number}/comments",
        )
        .title("Create an issue comment")
        .description(
            "Create an issue comment. You can use the REST API to create comments on issues and pull requests. Every pull request is an issue, but not every issue is a pull request.",
        )
        .operation_id("issues/create-comment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("body")])))
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by — List dependencies an issue is blocked by
    ToolDef::new(
            "issues_list_dependencies_blocked_by",
            "GET",
            "/repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by",
        )
        .title("List dependencies an issue is blocked by")
        .description(
            "\
List dependencies an issue is blocked by. You can use the REST API to list the dependencies an issue is blocked by.\n\
\n\
This endpoint supports the following custom media types. For more information, see Media types.",
        )
        .operation_id("issues/list-dependencies-blocked-by")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by — Add a dependency an issue is blocked by
    ToolDef::new(
            "issues_add_blocked_by_dependency",
            "POST",
            "/repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by",
        )
        .title("Add a dependency an issue is blocked by")
        .description(
            "\
Add a dependency an issue is blocked by. You can use the REST API to add a 'blocked by' relationship to an issue.\n\
\n\
Creating content too quickly using this endpoint may result in secondary rate limiting. For more information, see Rate limits for the API and Best practices for using the REST API.",
        )
        .operation_id("issues/add-blocked-by-dependency")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("issue_id")])))
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by/{issue_id} — Remove dependency an issue is blocked by
    ToolDef::new(
            "issues_remove_dependency_blocked_by",
            "DELETE",
            "/repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by/{issue_id}",
        )
        .title("Remove dependency an issue is blocked by")
        .description(
            "\
Remove dependency an issue is blocked by. You can use the REST API to remove a dependency that an issue is blocked by.\n\
\n\
Removing content too quickly using this endpoint may result in secondary rate limiting. For more information, see Rate limits for the API and Best practices for using the REST API.",
        )
        .operation_id("issues/remove-dependency-blocked-by")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
                Parameter::path("issue_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocking — List dependencies an issue is blocking
    ToolDef::new(
            "issues_list_dependencies_blocking",
            "GET",
            "/repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocking",
        )
        .title("List dependencies an issue is blocking")
        .description(
            "\
List dependencies an issue is blocking. You can use the REST API to list the dependencies an issue is blocking.\n\
\n\
This endpoint supports the following custom media types. For more information, see Media types.",
        )
        .operation_id("issues/list-dependencies-blocking")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/issues/{issue_number}/events — List issue events
    ToolDef::new(
            "issues_list_events",
            "GET",
            "/repos/{owner}/{repo}/issues/{issue_number}/events",
        )
        .title("List issue events")
        .description("List issue events. Lists all events for an issue.")
        .operation_id("issues/list-events")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/issues/{issue_number}/issue-field-values — List issue field values for an issue
    ToolDef::new(
            "issues_list_issue_field_values_for_issue",
            "GET",
            "/repos/{owner}/{repo}/issues/{issue_number}/issue-field-values",
        )
        .title("List issue field values for an issue")
        .description(
            "List issue field values for an issue. Lists all issue field values for an issue.",
        )
        .operation_id("issues/list-issue-field-values-for-issue")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/issues/{issue_number}/issue-field-values — Add issue field values to an issue
    ToolDef::new(
            "issues_add_issue_field_values",
            "POST",
            "/repos/{owner}/{repo}/issues/{issue_number}/issue-field-values",
        )
        .title("Add issue field values to an issue")
        .description(
            "Add issue field values to an issue. Add custom field values to an issue. You can set values for organization-level issue fields that have been defined for the repository's organization. Adding an empty array will clear all existing field values for the issue.",
        )
        .operation_id("issues/add-issue-field-values")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("issue_field_values")])))
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Wrapped),
    // PUT /repos/{owner}/{repo}/issues/{issue_number}/issue-field-values — Set issue field values for an issue
    ToolDef::new(
            "issues_set_issue_field_values",
            "PUT",
            "/repos/{owner}/{repo}/issues/{issue_number}/issue-field-values",
        )
        .title("Set issue field values for an issue")
        .description(
            "Set issue field values for an issue. Set custom field values for an issue, replacing any existing values. You can set values for organization-level issue fields that have been defined for the repository's organization.",
        )
        .operation_id("issues/set-issue-field-values")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("issue_field_values")])))
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Wrapped),
    // DELETE /repos/{owner}/{repo}/issues/{issue_number}/issue-field-values/{issue_field_id} — Delete an issue field value from an issue
    ToolDef::new(
            "issues_delete_issue_field_value",
            "DELETE",
            "/repos/{owner}/{repo}/issues/{issue_number}/issue-field-values/{issue_field_id}",
        )
        .title("Delete an issue field value from an issue")
        .description(
            "\
Delete an issue field value from an issue. Remove a specific custom field value from an issue.\n\
\n\
Only users with push access to the repository can delete issue field values. If you don't have the proper permissions, you'll receive a `403 Forbidden` response.",
        )
        .operation_id("issues/delete-issue-field-value")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
                Parameter::path("issue_field_id"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/issues/{issue_number}/labels — List labels for an issue
    ToolDef::new(
            "issues_list_labels_on_issue",
            "GET",
            "/repos/{owner}/{repo}/issues/{issue_number}/labels",
        )
        .title("List labels for an issue")
        .description("List labels for an issue. Lists all labels for an issue.")
        .operation_id("issues/list-labels-on-issue")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/issues/{issue_number}/labels — Add labels to an issue
    ToolDef::new(
            "issues_add_labels",
            "POST",
            "/repos/{owner}/{repo}/issues/{issue_number}/labels",
        )
        .title("Add labels to an issue")
        .description("Add labels to an issue. Adds labels to an issue.")
        .operation_id("issues/add-labels")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .body(Body::json(BodySource::Whole("body")).optional())
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Wrapped),
    // PUT /repos/{owner}/{repo}/issues/{issue_number}/labels — Set labels for an issue
    ToolDef::new(
            "issues_set_labels",
            "PUT",
            "/repos/{owner}/{repo}/issues/{issue_number}/labels",
        )
        .title("Set labels for an issue")
        .description(
            "Set labels for an issue. Removes any previous labels and sets the new labels for an issue.",
        )
        .operation_id("issues/set-labels")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .body(Body::json(BodySource::Whole("body")).optional())
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Wrapped),
    // DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels — Remove all labels from an issue
    ToolDef::new(
            "issues_remove_all_labels",
            "DELETE",
            "/repos/{owner}/{repo}/issues/{issue_number}/labels",
        )
        .title("Remove all labels from an issue")
        .description(
            "Remove all labels from an issue. Removes all labels from an issue.",
        )
        .operation_id("issues/remove-all-labels")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name} — Remove a label from an issue
    ToolDef::new(
            "issues_remove_label",
            "DELETE",
            "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}",
        )
        .title("Remove a label from an issue")
        .description(
            "Remove a label from an issue. Removes the specified label from the issue, and returns the remaining labels on the issue. This endpoint returns a `404 Not Found` status if the label does not exist.",
        )
        .operation_id("issues/remove-label")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
                Parameter::path("name"),
            ],
        )
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Wrapped),
    // PUT /repos/{owner}/{repo}/issues/{issue_number}/lock — Lock an issue
    ToolDef::new(
            "issues_lock",
            "PUT",
            "/repos/{owner}/{repo}/issues/{issue_number}/lock",
        )
        .title("Lock an issue")
        .description(
            "\
Lock an issue. Users with push access can lock an issue or pull request's conversation.\n\
\n\
Note that, if you choose not to pass any parameters, you'll need to set `Content-Length` to zero when calling out to this endpoint. For more information, see \"HTTP method.\"",
        )
        .operation_id("issues/lock")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .body(Body::json(BodySource::Whole("body")).optional())
        .hints(Hints::OVERWRITE),
    // DELETE /repos/{owner}/{repo}/issues/{issue_number}/lock — Unlock an issue
    ToolDef::new(
            "issues_unlock",
            "DELETE",
            "/repos/{owner}/{repo}/issues/{issue_number}/lock",
        )
        .title("Unlock an issue")
        .description(
            "Unlock an issue. Users with push access can unlock an issue's conversation.",
        )
        .operation_id("issues/unlock")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/issues/{issue_number}/parent — Get parent issue
    ToolDef::new(
            "issues_get_parent",
            "GET",
            "/repos/{owner}/{repo}/issues/{issue_number}/parent",
        )
        .title("Get parent issue")
        .description(
            "\
Get parent issue. You can use the REST API to get the parent issue of a sub-issue.\n\
\n\
This endpoint supports the following custom media types. For more information, see Media types.",
        )
        .operation_id("issues/get-parent")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/issues/{issue_number}/sub_issue — Remove sub-issue
    ToolDef::new(
            "issues_remove_sub_issue",
            "DELETE",
            "/repos/{owner}/{repo}/issues/{issue_number}/sub_issue",
        )
        .title("Remove sub-issue")
        .description(
            "\
Remove sub-issue. You can use the REST API to remove a sub-issue from an issue. Removing content too quickly using this endpoint may result in secondary rate limiting. For more information, see \"Rate limits for the API\" and \"Best practices for using the REST API.\" This endpoint supports the following custom media types. For more information, see \"Media types.\"\n\
- `application/vnd.github.raw+json`: Returns the raw markdown body. Response will include `body`. This is the default if you do not pass a specific media type.\n\
- `application/vnd.github.text+json`: Returns a text only representation of the markdown body. Response will include `body_text`.\n\
- `application/vnd.github.html+json`: Returns HTML rendered from the body's markdown. Response will include `body_html`.\n\
- `application/vnd.github.full+json`: Returns raw, text, and HTML representations. Response will include `body`, `body_text`, and `body_html`.",
        )
        .operation_id("issues/remove-sub-issue")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("sub_issue_id")])))
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/issues/{issue_number}/sub_issues — List sub-issues
    ToolDef::new(
            "issues_list_sub_issues",
            "GET",
            "/repos/{owner}/{repo}/issues/{issue_number}/sub_issues",
        )
        .title("List sub-issues")
        .description(
            "\
List sub-issues. You can use the REST API to list the sub-issues on an issue.\n\
\n\
This endpoint supports the following custom media types. For more information, see Media types.",
        )
        .operation_id("issues/list-sub-issues")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/issues/{issue_number}/sub_issues — Add sub-issue
    ToolDef::new(
            "issues_add_sub_issue",
            "POST",
            "/repos/{owner}/{repo}/issues/{issue_number}/sub_issues",
        )
        .title("Add sub-issue")
        .description(
            "\
Add sub-issue. You can use the REST API to add sub-issues to issues.\n\
\n\
Creating content too quickly using this endpoint may result in secondary rate limiting. For more information, see \"Rate limits for the API\" and \"Best practices for using the REST API.\"",
        )
        .operation_id("issues/add-sub-issue")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .body(
            Body::json(
                BodySource::Fields(
                    &[Field::new("sub_issue_id"), Field::new("replace_parent")],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // PATCH /repos/{owner}/{repo}/issues/{issue_number}/sub_issues/priority — Reprioritize sub-issue
    ToolDef::new(
            "issues_reprioritize_sub_issue",
            "PATCH",
            "/repos/{owner}/{repo}/issues/{issue_number}/sub_issues/priority",
        )
        .title("Reprioritize sub-issue")
        .description(
            "Reprioritize sub-issue. You can use the REST API to reprioritize a sub-issue to a different position in the parent list.",
        )
        .operation_id("issues/reprioritize-sub-issue")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
            ],
        )
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("sub_issue_id"),
                        Field::new("after_id"),
                        Field::new("before_id"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/issues/{issue_number}/suggestions — List issue suggestions
    ToolDef::new(
            "issues_list_suggestions",
            "GET",
            "/repos/{owner}/{repo}/issues/{issue_number}/suggestions",
        )
        .title("List issue suggestions")
        .description(
            "List issue suggestions. Lists the suggestions on an issue. A suggestion is an agent-proposed change to an issue's type, labels, fields, assignees, or closed state that a maintainer can approve or dismiss.",
        )
        .operation_id("issues/list-suggestions")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
                Parameter::query("state"),
                Parameter::query("action"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/issues/{issue_number}/suggestions/{suggestion_id}/approve — Approve an issue suggestion
    ToolDef::new(
            "issues_approve_suggestion",
            "POST",
            "/repos/{owner}/{repo}/issues/{issue_number}/suggestions/{suggestion_id}/approve",
        )
        .title("Approve an issue suggestion")
        .description(
            "Approve an issue suggestion. Approves a pending suggestion on an issue. Applies the proposed change (creating the corresponding timeline event), transitions the suggestion to `approved`, and dismisses any competing pending suggestions for the same change.",
        )
        .operation_id("issues/approve-suggestion")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
                Parameter::path("suggestion_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/issues/{issue_number}/suggestions/{suggestion_id}/dismiss — Dismiss an issue suggestion
    ToolDef::new(
            "issues_dismiss_suggestion",
            "POST",
            "/repos/{owner}/{repo}/issues/{issue_number}/suggestions/{suggestion_id}/dismiss",
        )
        .title("Dismiss an issue suggestion")
        .description(
            "\
Dismiss an issue suggestion. Dismisses a pending suggestion on an issue. Transitions the suggestion to `dismissed` without applying any change or creating a timeline event.\n\
\n\
Requires triage access to the repository. This endpoint only supports issues, not pull requests.",
        )
        .operation_id("issues/dismiss-suggestion")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
                Parameter::path("suggestion_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/issues/{issue_number}/timeline — List timeline events for an issue
    ToolDef::new(
            "issues_list_events_for_timeline",
            "GET",
            "/repos/{owner}/{repo}/issues/{issue_number}/timeline",
        )
        .title("List timeline events for an issue")
        .description(
            "List timeline events for an issue. List all timeline events for an issue.",
        )
        .operation_id("issues/list-events-for-timeline")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("issue_number"),
                Parameter::query("per_page"),
                Parameter::query("page"),
                Parameter::query("exclude"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/labels — List labels for a repository
    ToolDef::new("issues_list_labels_for_repo", "GET", "/repos/{owner}/{repo}/labels")
        .title("List labels for a repository")
        .description("List labels for a repository. Lists all labels for a repository.")
        .operation_id("issues/list-labels-for-repo")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/labels — Create a label
    ToolDef::new("issues_create_label", "POST", "/repos/{owner}/{repo}/labels")
        .title("Create a label")
        .description(
            "Create a label. Creates a label for the specified repository with the given name and color. The name and color parameters are required. The color must be a valid hexadecimal color code.",
        )
        .operation_id("issues/create-label")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(
            Body::json(
                BodySource::Fields(
                    &[Field::new("name"), Field::new("color"), Field::new("description")],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/labels/{name} — Get a label
    ToolDef::new("issues_get_label", "GET", "/repos/{owner}/{repo}/labels/{name}")
        .title("Get a label")
        .description("Get a label. Gets a label using the given name.")
        .operation_id("issues/get-label")
        .parameters(
            &[Parameter::path("owner"), Parameter::path("repo"), Parameter::path("name")],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PATCH /repos/{owner}/{repo}/labels/{name} — Update a label
    ToolDef::new("issues_update_label", "PATCH", "/repos/{owner}/{repo}/labels/{name}")
        .title("Update a label")
        .description("Update a label. Updates a label using the given label name.")
        .operation_id("issues/update-label")
        .parameters(
            &[Parameter::path("owner"), Parameter::path("repo"), Parameter::path("name")],
        )
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("new_name"),
                            Field::new("color"),
                            Field::new("description"),
                        ],
                    ),
                )
                .optional(),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/labels/{name} — Delete a label
    ToolDef::new("issues_delete_label", "DELETE", "/repos/{owner}/{repo}/labels/{name}")
        .title("Delete a label")
        .description("Delete a label. Deletes a label using the given label name.")
        .operation_id("issues/delete-label")
        .parameters(
            &[Parameter::path("owner"), Parameter::path("repo"), Parameter::path("name")],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/milestones — List milestones
    ToolDef::new("issues_list_milestones", "GET", "/repos/{owner}/{repo}/milestones")
        .title("List milestones")
        .description("List milestones. Lists milestones for a repository.")
        .operation_id("issues/list-milestones")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("state"),
                Parameter::query("sort"),
                Parameter::query("direction"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/milestones — Create a milestone
    ToolDef::new("issues_create_milestone", "POST", "/repos/{owner}/{repo}/milestones")
        .title("Create a milestone")
        .description("Create a milestone. Creates a milestone.")
        .operation_id("issues/create-milestone")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("title"),
                        Field::new("state"),
                        Field::new("description"),
                        Field::new("due_on"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/milestones/{milestone_number} — Get a milestone
    ToolDef::new(
            "issues_get_milestone",
            "GET",
            "/repos/{owner}/{repo}/milestones/{milestone_number}",
        )
        .title("Get a milestone")
        .description(
            "Get a milestone. Gets a milestone using the given milestone number.",
        )
        .operation_id("issues/get-milestone")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("milestone_number"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PATCH /repos/{owner}/{repo}/milestones/{milestone_number} — Update a milestone
    ToolDef::new(
            "issues_update_milestone",
            "PATCH",
            "/repos/{owner}/{repo}/milestones/{milestone_number}",
        )
        .title("Update a milestone")
        .description("Update a milestone.")
        .operation_id("issues/update-milestone")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("milestone_number"),
            ],
        )
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("title"),
                            Field::new("state"),
                            Field::new("description"),
                            Field::new("due_on"),
                        ],
                    ),
                )
                .optional(),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/milestones/{milestone_number} — Delete a milestone
    ToolDef::new(
            "issues_delete_milestone",
            "DELETE",
            "/repos/{owner}/{repo}/milestones/{milestone_number}",
        )
        .title("Delete a milestone")
        .description(
            "Delete a milestone. Deletes a milestone using the given milestone number.",
        )
        .operation_id("issues/delete-milestone")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("milestone_number"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/milestones/{milestone_number}/labels — List labels for issues in a milestone
    ToolDef::new(
            "issues_list_labels_for_milestone",
            "GET",
            "/repos/{owner}/{repo}/milestones/{milestone_number}/labels",
        )
        .title("List labels for issues in a milestone")
        .description(
            "List labels for issues in a milestone. Lists labels for issues in a milestone.",
        )
        .operation_id("issues/list-labels-for-milestone")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("milestone_number"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /user/issues — List user account issues assigned to the authenticated user
    ToolDef::new("issues_list_for_authenticated_user", "GET", "/user/issues")
        .title("List user account issues assigned to the authenticated user")
        .description(
            "List user account issues assigned to the authenticated user. List issues across owned and member repositories assigned to the authenticated user.",
        )
        .operation_id("issues/list-for-authenticated-user")
        .parameters(
            &[
                Parameter::query("filter"),
                Parameter::query("state"),
                Parameter::query("labels"),
                Parameter::query("sort"),
                Parameter::query("direction"),
                Parameter::query("since"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
];
