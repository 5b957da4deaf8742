//! The tools of the tag pulls.
//!
//! Written by mcpgen; `src/custom.rs` is the place for your own tools.

use crate::runtime::tool::{Body, BodySource, Field, FinalState, Hints, Parameter, ResultShape, ToolDef};

pub(super) const TOOLS: &[ToolDef] = &[
    // GET /repos/{owner}/{repo}/pulls — List pull requests
    ToolDef::new("pulls_list", "GET", "/repos/{owner}/{repo}/pulls")
        .title("List pull requests")
        .description(
            "List pull requests. Lists pull requests in a specified repository.",
        )
        .operation_id("pulls/list")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("state"),
                Parameter::query("head"),
                Parameter::query("base"),
                Parameter::query("sort"),
                Parameter::query("direction"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/pulls — Create a pull request
    ToolDef::new("pulls_create", "POST", "/repos/{owner}/{repo}/pulls")
        .title("Create a pull request")
        .description(
            "Create a pull request. Draft pull requests are available in public repositories with GitHub Free and GitHub Free for organizations, GitHub Pro, and legacy per-repository billing plans, and in public and private repositories with GitHub Team and GitHub Enterprise Cloud. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("pulls/create")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("title"),
                        Field::new("head"),
                        Field::new("head_repo"),
                        Field::new("base"),
                        Field::new("body"),
                        Field::new("maintainer_can_modify"),
                        Field::new("draft"),
                        Field::new("issue"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/pulls/comments — List review comments in a repository
    ToolDef::new(
            "pulls_list_review_comments_for_repo",
            "GET",
            "/repos/{owner}/{repo}/pulls/comments",
        )
        .title("List review comments in a repository")
        .description(
            "\
List review comments in a repository. Lists review comments for all pull requests in a repository. By default, review comments are in ascending order by ID.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("pulls/list-review-comments-for-repo")
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
    // GET /repos/{owner}/{repo}/pulls/comments/{comment_id} — Get a review comment for a pull request
    ToolDef::new(
            "pulls_get_review_comment",
            "GET",
            "/repos/{owner}/{repo}/pulls/comments/{comment_id}",
        )
        .title("Get a review comment for a pull request")
        .description(
            "\
Get a review comment for a pull request. Provides details for a specified review comment.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("pulls/get-review-comment")
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
    // PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id} — Update a review comment for a pull request
    ToolDef::new(
            "pulls_update_review_comment",
            "PATCH",
            "/repos/{owner}/{repo}/pulls/comments/{comment_id}",
        )
        .title("Update a review comment for a pull request")
        .description(
            "\
Update a review comment for a pull request. Edits the content of a specified review comment.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("pulls/update-review-comment")
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
    // DELETE /repos/{owner}/{repo}/pulls/comments/{comment_id} — Delete a review comment for a pull request
    ToolDef::new(
            "pulls_delete_review_comment",
            "DELETE",
            "/repos/{owner}/{repo}/pulls/comments/{comment_id}",
        )
        .title("Delete a review comment for a pull request")
        .description(
            "Delete a review comment for a pull request. Deletes a review comment.",
        )
        .operation_id("pulls/delete-review-comment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("comment_id"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/pulls/{pull_number} — Get a pull request
    ToolDef::new("pulls_get", "GET", "/repos/{owner}/{repo}/pulls/{pull_number}")
        .title("Get a pull request")
        .description(
            "Get a pull request. Draft pull requests are available in public repositories with GitHub Free and GitHub Free for organizations, GitHub Pro, and legacy per-repository billing plans, and in public and private repositories with GitHub Team and GitHub Enterprise Cloud. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("pulls/get")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PATCH /repos/{owner}/{repo}/pulls/{pull_number} — Update a pull request
    ToolDef::new("pulls_update", "PATCH", "/repos/{owner}/{repo}/pulls/{pull_number}")
        .title("Update a pull request")
        .description(
            "Update a pull request. Draft pull requests are available in public repositories with GitHub Free and GitHub Free for organizations, GitHub Pro, and legacy per-repository billing plans, and in public and private repositories with GitHub Team and GitHub Enterprise Cloud. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("pulls/update")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
            ],
        )
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("title"),
                            Field::new("body"),
                            Field::new("state"),
                            Field::new("base"),
                            Field::new("maintainer_can_modify"),
                        ],
                    ),
                )
                .optional(),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/pulls/{pull_number}/comments — List review comments on a pull request
    ToolDef::new(
            "pulls_list_review_comments",
            "GET",
            "/repos/{owner}/{repo}/pulls/{pull_number}/comments",
        )
        .title("List review comments on a pull request")
        .description(
            "\
List review comments on a pull request. Lists all review comments for a specified pull request. By default, review comments are in ascending order by ID.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("pulls/list-review-comments")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
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
    // POST /repos/{owner}/{repo}/pulls/{pull_number}/comments — Create a review comment for a pull request
    ToolDef::new(
            "pulls_create_review_comment",
            "POST",
            "/repos/{owner}/{repo}/pulls/{pull_number}/comments",
        )
        .title("Create a review comment for a pull request")
        .description(
            "Create a review comment for a pull request. Creates a review comment on the diff of a specified pull request. To add a regular comment to a pull request timeline, see \"Create an issue comment.\"",
        )
        .operation_id("pulls/create-review-comment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
            ],
        )
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("body"),
                        Field::new("commit_id"),
                        Field::new("path"),
                        Field::new("position"),
                        Field::new("side"),
                        Field::new("line"),
                        Field::new("start_line"),
                        Field::new("start_side"),
                        Field::new("in_reply_to"),
                        Field::new("subject_type"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies — Create a reply for a review comment
    ToolDef::new(
            "pulls_create_reply_for_review_comment",
            "POST",
            "/repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies",
        )
        .title("Create a reply for a review comment")
        .description(
            "Create a reply for a review comment. Creates a reply to a review comment for a pull request. For the `comment_id`, provide the ID of the review comment you are replying to. This must be the ID of a _top-level review comment_, not a reply to that comment. Replies to replies are not supported.",
        )
        .operation_id("pulls/create-reply-for-review-comment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
                Parameter::path("comment_id"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("body")])))
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/pulls/{pull_number}/commits — List commits on a pull request
    ToolDef::new(
            "pulls_list_commits",
            "GET",
            "/repos/{owner}/{repo}/pulls/{pull_number}/commits",
        )
        .title("List commits on a pull request")
        .description(
            "\
List commits on a pull request. Lists a maximum of 250 commits for a pull request. To receive a complete commit list for pull requests with more than 250 commits, use the List commits endpoint.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("pulls/list-commits")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/pulls/{pull_number}/files — List pull requests files
    ToolDef::new(
            "pulls_list_files",
            "GET",
            "/repos/{owner}/{repo}/pulls/{pull_number}/files",
        )
        .title("List pull requests files")
        .description(
            "\
List pull requests files. Lists the files in a specified pull request.\n\
\n\
Note: Responses include a maximum of 3000 files. The paginated response returns 30 files per page by default.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("pulls/list-files")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/pulls/{pull_number}/merge — Check if a pull request has been merged
    ToolDef::new(
            "pulls_check_if_merged",
            "GET",
            "/repos/{owner}/{repo}/pulls/{pull_number}/merge",
        )
        .title("Check if a pull request has been merged")
        .description(
            "Check if a pull request has been merged. Checks if a pull request has been merged into the base branch. The HTTP status of the response indicates whether or not the pull request has been merged; the response body is empty.",
        )
        .operation_id("pulls/check-if-merged")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
            ],
        )
        .hints(Hints::READ),
    // PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge — Merge a pull request
    ToolDef::new("pulls_merge", "PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/merge")
        .title("Merge a pull request")
        .description(
            "Merge a pull request. Merges a pull request into the base branch. This endpoint triggers notifications. Creating content too quickly using this endpoint may result in secondary rate limiting. For more information, see \"Rate limits for the API\" and \"Best practices for using the REST API.\"",
        )
        .operation_id("pulls/merge")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
            ],
        )
        .body(Body::json(BodySource::Whole("body")).optional())
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge-async — Merge a pull request asynchronously
    ToolDef::new(
            "pulls_merge_async",
            "PUT",
            "/repos/{owner}/{repo}/pulls/{pull_number}/merge-async",
        )
        .title("Merge a pull request asynchronously")
        .description(
            "Merge a pull request asynchronously. Merges a pull request into the base branch in the background. Merging in this way allows certain types of errors to be retried, and avoids the risk of timeouts for particularly complex merges.",
        )
        .operation_id("pulls/merge-async")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
            ],
        )
        .body(Body::json(BodySource::Whole("body")).optional())
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object)
        .long_running(FinalState::Unsaid),
    // GET /repos/{owner}/{repo}/pulls/{pull_number}/merge-async/{uuid} — Get the result of an asynchronous merge
    ToolDef::new(
            "pulls_get_merge_async_result",
            "GET",
            "/repos/{owner}/{repo}/pulls/{pull_number}/merge-async/{uuid}",
        )
        .title("Get the result of an asynchronous merge")
        .description(
            "Get the result of an asynchronous merge. Fetches the current result of an asynchronous merge request, identified by the UUID that was returned when the merge was requested.",
        )
        .operation_id("pulls/get-merge-async-result")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
                Parameter::path("uuid"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers — Get all requested reviewers for a pull request
    ToolDef::new(
            "pulls_list_requested_reviewers",
            "GET",
            "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
        )
        .title("Get all requested reviewers for a pull request")
        .description(
            "Get all requested reviewers for a pull request. Gets the users or teams whose review is requested for a pull request. Once a requested reviewer submits a review, they are no longer considered a requested reviewer. Their review will instead be returned by the List reviews for a pull request operation.",
        )
        .operation_id("pulls/list-requested-reviewers")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers — Request reviewers for a pull request
    ToolDef::new(
            "pulls_request_reviewers",
            "POST",
            "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
        )
        .title("Request reviewers for a pull request")
        .description(
            "Request reviewers for a pull request. This endpoint triggers notifications. Creating content too quickly using this endpoint may result in secondary rate limiting. See \"Secondary rate limits\" and \"Dealing with secondary rate limits\" for details.",
        )
        .operation_id("pulls/request-reviewers")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
            ],
        )
        .body(
            Body::json(
                    BodySource::Fields(
                        &[Field::new("reviewers"), Field::new("team_reviewers")],
                    ),
                )
                .optional(),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers — Remove requested reviewers from a pull request
    ToolDef::new(
            "pulls_remove_requested_reviewers",
            "DELETE",
            "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
        )
        .title("Remove requested reviewers from a pull request")
        .description(
            "Remove requested reviewers from a pull request. Removes review requests from a pull request for a given set of users and/or teams.",
        )
        .operation_id("pulls/remove-requested-reviewers")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
            ],
        )
        .body(
            Body::json(
                BodySource::Fields(
                    &[Field::new("reviewers"), Field::new("team_reviewers")],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews — List reviews for a pull request
    ToolDef::new(
            "pulls_list_reviews",
            "GET",
            "/repos/{owner}/{repo}/pulls/{pull_number}/reviews",
        )
        .title("List reviews for a pull request")
        .description(
            "\
List reviews for a pull request. Lists all reviews for a specified pull request. The list of reviews returns in chronological order.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("pulls/list-reviews")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews — Create a review for a pull request
    ToolDef::new(
            "pulls_create_review",
            "POST",
            "/repos/{owner}/{repo}/pulls/{pull_number}/reviews",
        )
        .title("Create a review for a pull request")
        .description(
            "Create a review for a pull request. Creates a review on a specified pull request.",
        )
        .operation_id("pulls/create-review")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
            ],
        )
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("commit_id"),
                            Field::new("body"),
                            Field::new("event"),
                            Field::new("comments"),
                        ],
                    ),
                )
                .optional(),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id} — Get a review for a pull request
    ToolDef::new(
            "pulls_get_review",
            "GET",
            "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}",
        )
        .title("Get a review for a pull request")
        .description(
            "\
Get a review for a pull request. Retrieves a pull request review by its ID.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("pulls/get-review")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
                Parameter::path("review_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PUT /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id} — Update a review for a pull request
    ToolDef::new(
            "pulls_update_review",
            "PUT",
            "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}",
        )
        .title("Update a review for a pull request")
        .description(
            "\
Update a review for a pull request. Updates the contents of a specified review summary comment.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("pulls/update-review")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
                Parameter::path("review_id"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("body")])))
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id} — Delete a pending review for a pull request
    ToolDef::new(
            "pulls_delete_pending_review",
            "DELETE",
            "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}",
        )
        .title("Delete a pending review for a pull request")
        .description(
            "\
Delete a pending review for a pull request. Deletes a pull request review that has not been submitted. Submitted reviews cannot be deleted.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("pulls/delete-pending-review")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
                Parameter::path("review_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments — List comments for a pull request review
    ToolDef::new(
            "pulls_list_comments_for_review",
            "GET",
            "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments",
        )
        .title("List comments for a pull request review")
        .description(
            "\
List comments for a pull request review. Lists comments for a specific pull request review.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("pulls/list-comments-for-review")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
                Parameter::path("review_id"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // PUT /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals — Dismiss a review for a pull request
    ToolDef::new(
            "pulls_dismiss_review",
            "PUT",
            "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals",
        )
        .title("Dismiss a review for a pull request")
        .description(
            "\
Dismiss a review for a pull request. Dismisses a specified review on a pull request.\n\
\n\
Note: To dismiss a pull request review on a protected branch, you must be a repository administrator or be included in the list of people or teams who can dismiss pull request reviews.",
        )
        .operation_id("pulls/dismiss-review")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
                Parameter::path("review_id"),
            ],
        )
        .body(
            Body::json(BodySource::Fields(&[Field::new("message"), Field::new("event")])),
        )
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/events — Submit a review for a pull request
    ToolDef::new(
            "pulls_submit_review",
            "POST",
            "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/events",
        )
        .title("Submit a review for a pull request")
        .description(
            "\
Submit a review for a pull request. Submits a pending review for a pull request. For more information about creating a pending review for a pull request, see \"Create a review for a pull request.\"\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("pulls/submit-review")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
                Parameter::path("review_id"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("body"), Field::new("event")])))
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // PUT /repos/{owner}/{repo}/pulls/{pull_number}/update-branch — Update a pull request branch
    ToolDef::new(
            "pulls_update_branch",
            "PUT",
            "/repos/{owner}/{repo}/pulls/{pull_number}/update-branch",
        )
        .title("Update a pull request branch")
        .description(
            "Update a pull request branch. Updates the pull request branch with the latest upstream changes by merging HEAD from the base branch into the pull request branch. Note: If making a request on behalf of a GitHub App you must also have permissions to write the contents of the head repository.",
        )
        .operation_id("pulls/update-branch")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pull_number"),
            ],
        )
        .body(Body::json(BodySource::Whole("body")).optional())
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object)
        .long_running(FinalState::Unsaid),
    // GET /repos/{owner}/{repo}/stacks — List pull request stacks
    ToolDef::new("pull_request_stacks_list", "GET", "/repos/{owner}/{repo}/stacks")
        .title("List pull request stacks")
        .description(
            "List pull request stacks. Lists pull request stacks in a repository.",
        )
        .operation_id("pull-request-stacks/list")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("pull_request"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/stacks — Create a pull request stack
    ToolDef::new("pull_request_stacks_create", "POST", "/repos/{owner}/{repo}/stacks")
        .title("Create a pull request stack")
        .description(
            "Create a pull request stack. Creates a stack from an ordered list of pull request numbers. Provide the pull request numbers from the bottom of the stack to the top. Each pull request's base ref must match the previous pull request's head ref.",
        )
        .operation_id("pull-request-stacks/create")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(Body::json(BodySource::Fields(&[Field::new("pull_requests")])))
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/stacks/{stack_number} — Get a pull request stack
    ToolDef::new(
            "pull_request_stacks_get",
            "GET",
            "/repos/{owner}/{repo}/stacks/{stack_number}",
        )
        .title("Get a pull request stack")
        .description(
            "Get a pull request stack. Gets a pull request stack by providing its stack number.",
        )
        .operation_id("pull-request-stacks/get")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("stack_number"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/stacks/{stack_number}/add — Add pull requests to a pull request stack
    ToolDef::new(
            "pull_request_stacks_add",
            "POST",
            "/repos/{owner}/{repo}/stacks/{stack_number}/add",
        )
        .title("Add pull requests to a pull request stack")
        .description(
            "Add pull requests to a pull request stack. Appends an ordered list of pull request numbers onto the top of an existing stack. Provide only the pull requests you want to add, from the current top of the stack upward. The first new pull request's base ref must match the current top pull request's head ref.",
        )
        .operation_id("pull-request-stacks/add")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("stack_number"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("pull_requests")])))
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/stacks/{stack_number}/unstack — Remove pull requests from a pull request stack
    ToolDef::new(
            "pull_request_stacks_unstack",
            "POST",
            "/repos/{owner}/{repo}/stacks/{stack_number}/unstack",
        )
        .title("Remove pull requests from a pull request stack")
        .description(
            "Remove pull requests from a pull request stack. Removes the unmerged pull requests from a stack. Pull requests that cannot be unstacked (for example, those that are queued for merge) are left in place. When pull requests remain in the stack, the updated stack is returned with a `200`. When no pull requests remain, the stack is dissolved and a `204` is returned.",
        )
        .operation_id("pull-request-stacks/unstack")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("stack_number"),
            ],
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
];
