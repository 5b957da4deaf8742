//! The tools of the tag repos.
//!
//! Written by mcpgen; `src/custom.rs` is the place for your own tools.

use crate::runtime::tool::{Body, BodySource, Field, FinalState, Hints, Parameter, ResultShape, ToolDef};

pub(super) const TOOLS: &[ToolDef] = &[
    // GET /orgs/{org}/repos — List organization repositories
    ToolDef::new("repos_list_for_org", "GET", "/orgs/{org}/repos")
        .title("List organization repositories")
        .description(
            "List organization repositories. Lists repositories for the specified organization.",
        )
        .operation_id("repos/list-for-org")
        .parameters(
            &[
                Parameter::path("org"),
                Parameter::query("type"),
                Parameter::query("sort"),
                Parameter::query("direction"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /orgs/{org}/repos — Create an organization repository
    ToolDef::new("repos_create_in_org", "POST", "/orgs/{org}/repos")
        .title("Create an organization repository")
        .description(
            "Create an organization repository. Creates a new repository in the specified organization. The authenticated user must be a member of the organization.",
        )
        .operation_id("repos/create-in-org")
        .parameters(&[Parameter::path("org")])
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("name"),
                        Field::new("description"),
                        Field::new("homepage"),
                        Field::new("private"),
                        Field::new("visibility"),
                        Field::new("has_issues"),
                        Field::new("has_projects"),
                        Field::new("has_wiki"),
                        Field::new("has_downloads"),
                        Field::new("is_template"),
                        Field::new("team_id"),
                        Field::new("auto_init"),
                        Field::new("gitignore_template"),
                        Field::new("license_template"),
                        Field::new("allow_squash_merge"),
                        Field::new("allow_merge_commit"),
                        Field::new("allow_rebase_merge"),
                        Field::new("allow_auto_merge"),
                        Field::new("delete_branch_on_merge"),
                        Field::new("use_squash_pr_title_as_default"),
                        Field::new("squash_merge_commit_title"),
                        Field::new("squash_merge_commit_message"),
                        Field::new("merge_commit_title"),
                        Field::new("merge_commit_message"),
                        Field::new("custom_properties"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /orgs/{org}/rulesets — Get all organization repository rulesets
    ToolDef::new("repos_get_org_rulesets", "GET", "/orgs/{org}/rulesets")
        .title("Get all organization repository rulesets")
        .description(
            "Get all organization repository rulesets. Get all the repository rulesets for an organization.",
        )
        .operation_id("repos/get-org-rulesets")
        .parameters(
            &[
                Parameter::path("org"),
                Parameter::query("per_page"),
                Parameter::query("page"),
                Parameter::query("targets"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /orgs/{org}/rulesets — Create an organization repository ruleset
    ToolDef::new("repos_create_org_ruleset", "POST", "/orgs/{org}/rulesets")
        .title("Create an organization repository ruleset")
        .description(
            "Create an organization repository ruleset. Create a repository ruleset for an organization.",
        )
        .operation_id("repos/create-org-ruleset")
        .parameters(&[Parameter::path("org")])
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("name"),
                        Field::new("target"),
                        Field::new("enforcement"),
                        Field::new("bypass_actors"),
                        Field::new("conditions"),
                        Field::new("rules"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /orgs/{org}/rulesets/rule-suites — List organization rule suites
    ToolDef::new("repos_get_org_rule_suites", "GET", "/orgs/{org}/rulesets/rule-suites")
        .title("List organization rule suites")
        .description(
            "List organization rule suites. Lists suites of rule evaluations at the organization level. For more information, see \"Managing rulesets for repositories in your organization.\"",
        )
        .operation_id("repos/get-org-rule-suites")
        .parameters(
            &[
                Parameter::path("org"),
                Parameter::query("ref"),
                Parameter::query("repository_name"),
                Parameter::query("time_period"),
                Parameter::query("actor_name"),
                Parameter::query("rule_suite_result"),
                Parameter::query("evaluate_status"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /orgs/{org}/rulesets/rule-suites/{rule_suite_id} — Get an organization rule suite
    ToolDef::new(
            "repos_get_org_rule_suite",
            "GET",
            "/orgs/{org}/rulesets/rule-suites/{rule_suite_id}",
        )
        .title("Get an organization rule suite")
        .description(
            "Get an organization rule suite. Gets information about a suite of rule evaluations from within an organization. For more information, see \"Managing rulesets for repositories in your organization.\"",
        )
        .operation_id("repos/get-org-rule-suite")
        .parameters(&[Parameter::path("org"), Parameter::path("rule_suite_id")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /orgs/{org}/rulesets/{ruleset_id} — Get an organization repository ruleset
    ToolDef::new("repos_get_org_ruleset", "GET", "/orgs/{org}/rulesets/{ruleset_id}")
        .title("Get an organization repository ruleset")
        .description(
            "\
Get an organization repository ruleset. Get a repository ruleset for an organization.\n\
\n\
Note: To prevent leaking sensitive information, the `bypass_actors` property is only returned if the user making the API request has write access to the ruleset.",
        )
        .operation_id("repos/get-org-ruleset")
        .parameters(&[Parameter::path("org"), Parameter::path("ruleset_id")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PUT /orgs/{org}/rulesets/{ruleset_id} — Update an organization repository ruleset
    ToolDef::new("repos_update_org_ruleset", "PUT", "/orgs/{org}/rulesets/{ruleset_id}")
        .title("Update an organization repository ruleset")
        .description(
            "Update an organization repository ruleset. Update a ruleset for an organization.",
        )
        .operation_id("repos/update-org-ruleset")
        .parameters(&[Parameter::path("org"), Parameter::path("ruleset_id")])
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("name"),
                            Field::new("target"),
                            Field::new("enforcement"),
                            Field::new("bypass_actors"),
                            Field::new("conditions"),
                            Field::new("rules"),
                        ],
                    ),
                )
                .optional(),
        )
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // DELETE /orgs/{org}/rulesets/{ruleset_id} — Delete an organization repository ruleset
    ToolDef::new(
            "repos_delete_org_ruleset",
            "DELETE",
            "/orgs/{org}/rulesets/{ruleset_id}",
        )
        .title("Delete an organization repository ruleset")
        .description(
            "Delete an organization repository ruleset. Delete a ruleset for an organization.",
        )
        .operation_id("repos/delete-org-ruleset")
        .parameters(&[Parameter::path("org"), Parameter::path("ruleset_id")])
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo} — Get a repository
    ToolDef::new("repos_get", "GET", "/repos/{owner}/{repo}")
        .title("Get a repository")
        .description(
            "Get a repository. The `parent` and `source` objects are present when the repository is a fork. `parent` is the repository this repository was forked from, `source` is the ultimate source for the network.",
        )
        .operation_id("repos/get")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PATCH /repos/{owner}/{repo} — Update a repository
    ToolDef::new("repos_update", "PATCH", "/repos/{owner}/{repo}")
        .title("Update a repository")
        .description(
            "Update a repository. Note: To edit a repository's topics, use the Replace all repository topics endpoint.",
        )
        .operation_id("repos/update")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("name"),
                            Field::new("description"),
                            Field::new("homepage"),
                            Field::new("private"),
                            Field::new("visibility"),
                            Field::new("security_and_analysis"),
                            Field::new("has_issues"),
                            Field::new("has_projects"),
                            Field::new("has_wiki"),
                            Field::new("has_pull_requests"),
                            Field::new("pull_request_creation_policy"),
                            Field::new("is_template"),
                            Field::new("default_branch"),
                            Field::new("allow_squash_merge"),
                            Field::new("allow_merge_commit"),
                            Field::new("allow_rebase_merge"),
                            Field::new("allow_auto_merge"),
                            Field::new("delete_branch_on_merge"),
                            Field::new("allow_update_branch"),
                            Field::new("use_squash_pr_title_as_default"),
                            Field::new("squash_merge_commit_title"),
                            Field::new("squash_merge_commit_message"),
                            Field::new("merge_commit_title"),
                            Field::new("merge_commit_message"),
                            Field::new("archived"),
                            Field::new("allow_forking"),
                            Field::new("web_commit_signoff_required"),
                        ],
                    ),
                )
                .optional(),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo} — Delete a repository
    ToolDef::new("repos_delete", "DELETE", "/repos/{owner}/{repo}")
        .title("Delete a repository")
        .description(
            "\
Delete a repository. Deleting a repository requires admin access.\n\
\n\
If an organization owner has configured the organization to prevent members from deleting organization-owned repositories, you will get a `403 Forbidden` response.",
        )
        .operation_id("repos/delete")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/activity — List repository activities
    ToolDef::new("repos_list_activities", "GET", "/repos/{owner}/{repo}/activity")
        .title("List repository activities")
        .description(
            "List repository activities. Lists a detailed history of changes to a repository, such as pushes, merges, force pushes, and branch changes, and associates these changes with commits and users.",
        )
        .operation_id("repos/list-activities")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("direction"),
                Parameter::query("per_page"),
                Parameter::query("before"),
                Parameter::query("after"),
                Parameter::query("ref"),
                Parameter::query("actor"),
                Parameter::query("time_period"),
                Parameter::query("activity_type"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/attestations — Create an attestation
    ToolDef::new(
            "repos_create_attestation",
            "POST",
            "/repos/{owner}/{repo}/attestations",
        )
        .title("Create an attestation")
        .description(
            "\
Create an attestation. Store an artifact attestation and associate it with a repository.\n\
\n\
The authenticated user must have write permission to the repository and, if using a fine-grained access token, the `attestations:write` permission is required.",
        )
        .operation_id("repos/create-attestation")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(Body::json(BodySource::Fields(&[Field::new("bundle")])))
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/attestations/{subject_digest} — List attestations
    ToolDef::new(
            "repos_list_attestations",
            "GET",
            "/repos/{owner}/{repo}/attestations/{subject_digest}",
        )
        .title("List attestations")
        .description(
            "List attestations. List a collection of artifact attestations with a given subject digest that are associated with a repository.",
        )
        .operation_id("repos/list-attestations")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("per_page"),
                Parameter::query("before"),
                Parameter::query("after"),
                Parameter::path("subject_digest"),
                Parameter::query("predicate_type"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/autolinks — Get all autolinks of a repository
    ToolDef::new("repos_list_autolinks", "GET", "/repos/{owner}/{repo}/autolinks")
        .title("Get all autolinks of a repository")
        .description(
            "\
Get all autolinks of a repository. Gets all autolinks that are configured for a repository.\n\
\n\
Information about autolinks are only available to repository administrators.",
        )
        .operation_id("repos/list-autolinks")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/autolinks — Create an autolink reference for a repository
    ToolDef::new("repos_create_autolink", "POST", "/repos/{owner}/{repo}/autolinks")
        .title("Create an autolink reference for a repository")
        .description(
            "Create an autolink reference for a repository. Users with admin access to the repository can create an autolink.",
        )
        .operation_id("repos/create-autolink")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("key_prefix"),
                        Field::new("url_template"),
                        Field::new("is_alphanumeric"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/autolinks/{autolink_id} — Get an autolink reference of a repository
    ToolDef::new(
            "repos_get_autolink",
            "GET",
            "/repos/{owner}/{repo}/autolinks/{autolink_id}",
        )
        .title("Get an autolink reference of a repository")
        .description(
            "\
Get an autolink reference of a repository. This returns a single autolink reference by ID that was configured for the given repository.\n\
\n\
Information about autolinks are only available to repository administrators.",
        )
        .operation_id("repos/get-autolink")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("autolink_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/autolinks/{autolink_id} — Delete an autolink reference from a repository
    ToolDef::new(
            "repos_delete_autolink",
            "DELETE",
            "/repos/{owner}/{repo}/autolinks/{autolink_id}",
        )
        .title("Delete an autolink reference from a repository")
        .description(
            "\
Delete an autolink reference from a repository. This deletes a single autolink reference by ID that was configured for the given repository.\n\
\n\
Information about autolinks are only available to repository administrators.",
        )
        .operation_id("repos/delete-autolink")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("autolink_id"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/automated-security-fixes — Check if Dependabot security updates are enabled for a repository
    ToolDef::new(
            "repos_check_automated_security_fixes",
            "GET",
            "/repos/{owner}/{repo}/automated-security-fixes",
        )
        .title("Check if Dependabot security updates are enabled for a repository")
        .description(
            "Check if Dependabot security updates are enabled for a repository. Shows whether Dependabot security updates are enabled, disabled or paused for a repository. The authenticated user must have admin read access to the repository. For more information, see \"Configuring Dependabot security updates\".",
        )
        .operation_id("repos/check-automated-security-fixes")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PUT /repos/{owner}/{repo}/automated-security-fixes — Enable Dependabot security updates
    ToolDef::new(
            "repos_enable_automated_security_fixes",
            "PUT",
            "/repos/{owner}/{repo}/automated-security-fixes",
        )
        .title("Enable Dependabot security updates")
        .description(
            "Enable Dependabot security updates. Enables Dependabot security updates for a repository. The authenticated user must have admin access to the repository. For more information, see \"Configuring Dependabot security updates\".",
        )
        .operation_id("repos/enable-automated-security-fixes")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .hints(Hints::OVERWRITE),
    // DELETE /repos/{owner}/{repo}/automated-security-fixes — Disable Dependabot security updates
    ToolDef::new(
            "repos_disable_automated_security_fixes",
            "DELETE",
            "/repos/{owner}/{repo}/automated-security-fixes",
        )
        .title("Disable Dependabot security updates")
        .description(
            "Disable Dependabot security updates. Disables Dependabot security updates for a repository. The authenticated user must have admin access to the repository. For more information, see \"Configuring Dependabot security updates\".",
        )
        .operation_id("repos/disable-automated-security-fixes")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/branches — List branches
    ToolDef::new("repos_list_branches", "GET", "/repos/{owner}/{repo}/branches")
        .title("List branches")
        .description("List branches.")
        .operation_id("repos/list-branches")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("protected"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/branches/{branch} — Get a branch
    ToolDef::new("repos_get_branch", "GET", "/repos/{owner}/{repo}/branches/{branch}")
        .title("Get a branch")
        .description("Get a branch.")
        .operation_id("repos/get-branch")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/branches/{branch}/protection — Get branch protection
    ToolDef::new(
            "repos_get_branch_protection",
            "GET",
            "/repos/{owner}/{repo}/branches/{branch}/protection",
        )
        .title("Get branch protection")
        .description(
            "Get branch protection. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/get-branch-protection")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PUT /repos/{owner}/{repo}/branches/{branch}/protection — Update branch protection
    ToolDef::new(
            "repos_update_branch_protection",
            "PUT",
            "/repos/{owner}/{repo}/branches/{branch}/protection",
        )
        .title("Update branch protection")
        .description(
            "Update branch protection. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/update-branch-protection")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("required_status_checks"),
                        Field::new("enforce_admins"),
                        Field::new("required_pull_request_reviews"),
                        Field::new("restrictions"),
                        Field::new("required_linear_history"),
                        Field::new("allow_force_pushes"),
                        Field::new("allow_deletions"),
                        Field::new("block_creations"),
                        Field::new("required_conversation_resolution"),
                        Field::new("lock_branch"),
                        Field::new("allow_fork_syncing"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/branches/{branch}/protection — Delete branch protection
    ToolDef::new(
            "repos_delete_branch_protection",
            "DELETE",
            "/repos/{owner}/{repo}/branches/{branch}/protection",
        )
        .title("Delete branch protection")
        .description(
            "Delete branch protection. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/delete-branch-protection")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/branches/{branch}/protection/enforce_admins — Get admin branch protection
    ToolDef::new(
            "repos_get_admin_branch_protection",
            "GET",
            "/repos/{owner}/{repo}/branches/{branch}/protection/enforce_admins",
        )
        .title("Get admin branch protection")
        .description(
            "Get admin branch protection. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/get-admin-branch-protection")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/branches/{branch}/protection/enforce_admins — Set admin branch protection
    ToolDef::new(
            "repos_set_admin_branch_protection",
            "POST",
            "/repos/{owner}/{repo}/branches/{branch}/protection/enforce_admins",
        )
        .title("Set admin branch protection")
        .description(
            "Set admin branch protection. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/set-admin-branch-protection")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/branches/{branch}/protection/enforce_admins — Delete admin branch protection
    ToolDef::new(
            "repos_delete_admin_branch_protection",
            "DELETE",
            "/repos/{owner}/{repo}/branches/{branch}/protection/enforce_admins",
        )
        .title("Delete admin branch protection")
        .description(
            "Delete admin branch protection. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/delete-admin-branch-protection")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/branches/{branch}/protection/required_pull_request_reviews — Get pull request review protection
    ToolDef::new(
            "repos_get_pull_request_review_protection",
            "GET",
            "/repos/{owner}/{repo}/branches/{branch}/protection/required_pull_request_reviews",
        )
        .title("Get pull request review protection")
        .description(
            "Get pull request review protection. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/get-pull-request-review-protection")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PATCH /repos/{owner}/{repo}/branches/{branch}/protection/required_pull_request_reviews — Update pull request review protection
    ToolDef::new(
            "repos_update_pull_request_protection",
            "PATCH",
            "/repos/{owner}/{repo}/branches/{branch}/protection/required_pull_request_reviews",
        )
        .title("Update pull request review protection")
        .description(
            "Update pull request review protection. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/update-pull-request-review-protection")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("dismissal_restrictions"),
                            Field::new("dismiss_stale_reviews"),
                            Field::new("require_code_owner_reviews"),
                            Field::new("required_approving_review_count"),
                            Field::new("require_last_push_approval"),
                            Field::new("bypass_pull_request_allowances"),
                        ],
                    ),
                )
                .optional(),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/branches/{branch}/protection/required_pull_request_reviews — Delete pull request review protection
    ToolDef::new(
            "repos_delete_pull_request_protection",
            "DELETE",
            "/repos/{owner}/{repo}/branches/{branch}/protection/required_pull_request_reviews",
        )
        .title("Delete pull request review protection")
        .description(
            "Delete pull request review protection. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/delete-pull-request-review-protection")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/branches/{branch}/protection/required_signatures — Get commit signature protection
    ToolDef::new(
            "repos_get_commit_signature_protection",
            "GET",
            "/repos/{owner}/{repo}/branches/{branch}/protection/required_signatures",
        )
        .title("Get commit signature protection")
        .description(
            "Get commit signature protection. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/get-commit-signature-protection")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/branches/{branch}/protection/required_signatures — Create commit signature protection
    ToolDef::new(
            "repos_create_commit_signature_protection",
            "POST",
            "/repos/{owner}/{repo}/branches/{branch}/protection/required_signatures",
        )
        .title("Create commit signature protection")
        .description(
            "Create commit signature protection. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/create-commit-signature-protection")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/branches/{branch}/protection/required_signatures — Delete commit signature protection
    ToolDef::new(
            "repos_delete_commit_signature_protection",
            "DELETE",
            "/repos/{owner}/{repo}/branches/{branch}/protection/required_signatures",
        )
        .title("Delete commit signature protection")
        .description(
            "Delete commit signature protection. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/delete-commit-signature-protection")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks — Get status checks protection
    ToolDef::new(
            "repos_get_status_checks_protection",
            "GET",
            "/repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks",
        )
        .title("Get status checks protection")
        .description(
            "Get status checks protection. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/get-status-checks-protection")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PATCH /repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks — Update status check protection
    ToolDef::new(
            "repos_update_status_check_protection",
            "PATCH",
            "/repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks",
        )
        .title("Update status check protection")
        .description(
            "Update status check protection. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/update-status-check-protection")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("strict"),
                            Field::new("contexts"),
                            Field::new("checks"),
                        ],
                    ),
                )
                .optional(),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks — Remove status check protection
    ToolDef::new(
            "repos_remove_status_check_protection",
            "DELETE",
            "/repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks",
        )
        .title("Remove status check protection")
        .description(
            "Remove status check protection. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/remove-status-check-protection")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks/contexts — Get all status check contexts
    ToolDef::new(
            "repos_get_all_status_check_contexts",
            "GET",
            "/repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks/contexts",
        )
        .title("Get all status check contexts")
        .description(
            "Get all status check contexts. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/get-all-status-check-contexts")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks/contexts — Add status check contexts
    ToolDef::new(
            "repos_add_status_check_contexts",
            "POST",
            "/repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks/contexts",
        )
        .title("Add status check contexts")
        .description(
            "Add status check contexts. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/add-status-check-contexts")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .body(Body::json(BodySource::Whole("body")).optional())
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Wrapped),
    // PUT /repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks/contexts — Set status check contexts
    ToolDef::new(
            "repos_set_status_check_contexts",
            "PUT",
            "/repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks/contexts",
        )
        .title("Set status check contexts")
        .description(
            "Set status check contexts. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/set-status-check-contexts")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .body(Body::json(BodySource::Whole("body")).optional())
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Wrapped),
    // DELETE /repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks/contexts — Remove status check contexts
    ToolDef::new(
            "repos_remove_status_check_contexts",
            "DELETE",
            "/repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks/contexts",
        )
        .title("Remove status check contexts")
        .description(
            "Remove status check contexts. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/remove-status-check-contexts")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .body(Body::json(BodySource::Whole("body")).optional())
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/branches/{branch}/protection/restrictions — Get access restrictions
    ToolDef::new(
            "repos_get_access_restrictions",
            "GET",
            "/repos/{owner}/{repo}/branches/{branch}/protection/restrictions",
        )
        .title("Get access restrictions")
        .description(
            "Get access restrictions. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/get-access-restrictions")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/branches/{branch}/protection/restrictions — Delete access restrictions
    ToolDef::new(
            "repos_delete_access_restrictions",
            "DELETE",
            "/repos/{owner}/{repo}/branches/{branch}/protection/restrictions",
        )
        .title("Delete access restrictions")
        .description(
            "Delete access restrictions. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/delete-access-restrictions")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/branches/{branch}/protection/restrictions/apps — Get apps with access to the protected branch
    ToolDef::new(
            "repos_get_apps_access_protected_branch",
            "GET",
            "/repos/{owner}/{repo}/branches/{branch}/protection/restrictions/apps",
        )
        .title("Get apps with access to the protected branch")
        .description(
            "Get apps with access to the protected branch. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/get-apps-with-access-to-protected-branch")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/branches/{branch}/protection/restrictions/apps — Add app access restrictions
    ToolDef::new(
            "repos_add_app_access_restrictions",
            "POST",
            "/repos/{owner}/{repo}/branches/{branch}/protection/restrictions/apps",
        )
        .title("Add app access restrictions")
        .description(
            "Add app access restrictions. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/add-app-access-restrictions")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("apps")])))
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Wrapped),
    // PUT /repos/{owner}/{repo}/branches/{branch}/protection/restrictions/apps — Set app access restrictions
    ToolDef::new(
            "repos_set_app_access_restrictions",
            "PUT",
            "/repos/{owner}/{repo}/branches/{branch}/protection/restrictions/apps",
        )
        .title("Set app access restrictions")
        .description(
            "Set app access restrictions. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/set-app-access-restrictions")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("apps")])))
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Wrapped),
    // DELETE /repos/{owner}/{repo}/branches/{branch}/protection/restrictions/apps — Remove app access restrictions
    ToolDef::new(
            "repos_remove_app_access_restrictions",
            "DELETE",
            "/repos/{owner}/{repo}/branches/{branch}/protection/restrictions/apps",
        )
        .title("Remove app access restrictions")
        .description(
            "Remove app access restrictions. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/remove-app-access-restrictions")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("apps")])))
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/branches/{branch}/protection/restrictions/teams — Get teams with access to the protected branch
    ToolDef::new(
            "repos_get_teams_access_protected_branch",
            "GET",
            "/repos/{owner}/{repo}/branches/{branch}/protection/restrictions/teams",
        )
        .title("Get teams with access to the protected branch")
        .description(
            "Get teams with access to the protected branch. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/get-teams-with-access-to-protected-branch")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/branches/{branch}/protection/restrictions/teams — Add team access restrictions
    ToolDef::new(
            "repos_add_team_access_restrictions",
            "POST",
            "/repos/{owner}/{repo}/branches/{branch}/protection/restrictions/teams",
        )
        .title("Add team access restrictions")
        .description(
            "Add team access restrictions. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/add-team-access-restrictions")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .body(Body::json(BodySource::Whole("body")).optional())
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Wrapped),
    // PUT /repos/{owner}/{repo}/branches/{branch}/protection/restrictions/teams — Set team access restrictions
    ToolDef::new(
            "repos_set_team_access_restrictions",
            "PUT",
            "/repos/{owner}/{repo}/branches/{branch}/protection/restrictions/teams",
        )
        .title("Set team access restrictions")
        .description(
            "Set team access restrictions. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/set-team-access-restrictions")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .body(Body::json(BodySource::Whole("body")).optional())
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Wrapped),
    // DELETE /repos/{owner}/{repo}/branches/{branch}/protection/restrictions/teams — Remove team access restrictions
    ToolDef::new(
            "repos_remove_team_access_restrictions",
            "DELETE",
            "/repos/{owner}/{repo}/branches/{branch}/protection/restrictions/teams",
        )
        .title("Remove team access restrictions")
        .description(
            "Remove team access restrictions. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/remove-team-access-restrictions")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .body(Body::json(BodySource::Whole("body")).optional())
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/branches/{branch}/protection/restrictions/users — Get users with access to the protected branch
    ToolDef::new(
            "repos_get_users_access_protected_branch",
            "GET",
            "/repos/{owner}/{repo}/branches/{branch}/protection/restrictions/users",
        )
        .title("Get users with access to the protected branch")
        .description(
            "Get users with access to the protected branch. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/get-users-with-access-to-protected-branch")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/branches/{branch}/protection/restrictions/users — Add user access restrictions
    ToolDef::new(
            "repos_add_user_access_restrictions",
            "POST",
            "/repos/{owner}/{repo}/branches/{branch}/protection/restrictions/users",
        )
        .title("Add user access restrictions")
        .description(
            "Add user access restrictions. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/add-user-access-restrictions")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("users")])))
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Wrapped),
    // PUT /repos/{owner}/{repo}/branches/{branch}/protection/restrictions/users — Set user access restrictions
    ToolDef::new(
            "repos_set_user_access_restrictions",
            "PUT",
            "/repos/{owner}/{repo}/branches/{branch}/protection/restrictions/users",
        )
        .title("Set user access restrictions")
        .description(
            "Set user access restrictions. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/set-user-access-restrictions")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("users")])))
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Wrapped),
    // DELETE /repos/{owner}/{repo}/branches/{branch}/protection/restrictions/users — Remove user access restrictions
    ToolDef::new(
            "repos_remove_user_access_restrictions",
            "DELETE",
            "/repos/{owner}/{repo}/branches/{branch}/protection/restrictions/users",
        )
        .title("Remove user access restrictions")
        .description(
            "Remove user access restrictions. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/remove-user-access-restrictions")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("users")])))
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/branches/{branch}/rename — Rename a branch
    ToolDef::new(
            "repos_rename_branch",
            "POST",
            "/repos/{owner}/{repo}/branches/{branch}/rename",
        )
        .title("Rename a branch")
        .description("Rename a branch. Renames a branch in a repository.")
        .operation_id("repos/rename-branch")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("new_name")])))
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/codeowners/errors — List CODEOWNERS errors
    ToolDef::new(
            "repos_codeowners_errors",
            "GET",
            "/repos/{owner}/{repo}/codeowners/errors",
        )
        .title("List CODEOWNERS errors")
        .description(
            "\
List CODEOWNERS errors. List any syntax errors that are detected in the CODEOWNERS file.\n\
\n\
For more information about the correct CODEOWNERS syntax, see \"About code owners.\"",
        )
        .operation_id("repos/codeowners-errors")
        .parameters(
            &[Parameter::path("owner"), Parameter::path("repo"), Parameter::query("ref")],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/collaborators — List repository collaborators
    ToolDef::new(
            "repos_list_collaborators",
            "GET",
            "/repos/{owner}/{repo}/collaborators",
        )
        .title("List repository collaborators")
        .description(
            "List repository collaborators. For organization-owned repositories, the list of collaborators includes outside collaborators, organization members that are direct collaborators, organization members with access through team memberships, organization members with access through default organization permissions, and organization owners. The `permissions` hash returned in the response contains the base role permissions of the collaborator. The `role_name` is the highest role assigned to the collaborator after considering all sources of grants, including: repo, teams, organization, and enterprise. There is presently not a way to differentiate between an organization level grant and a repository level grant from this endpoint response.",
        )
        .operation_id("repos/list-collaborators")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("affiliation"),
                Parameter::query("permission"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/collaborators/{username} — Check if a user is a repository collaborator
    ToolDef::new(
            "repos_check_collaborator",
            "GET",
            "/repos/{owner}/{repo}/collaborators/{username}",
        )
        .title("Check if a user is a repository collaborator")
        .description(
            "Check if a user is a repository collaborator. For organization-owned repositories, the list of collaborators includes outside collaborators, organization members that are direct collaborators, organization members with access through team memberships, organization members with access through default organization permissions, and organization owners.",
        )
        .operation_id("repos/check-collaborator")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("username"),
            ],
        )
        .hints(Hints::READ),
    // PUT /repos/{owner}/{repo}/collaborators/{username} — Add a repository collaborator
    ToolDef::new(
            "repos_add_collaborator",
            "PUT",
            "/repos/{owner}/{repo}/collaborators/{username}",
        )
        .title("Add a repository collaborator")
        .description(
            "Add a repository collaborator. Add a user to a repository with a specified level of access. If the repository is owned by an organization, this API does not add the user to the organization - a user that has repository access without being an organization member is called an \"outside collaborator\" (if they are not an Enterprise Managed User) or a \"repository collaborator\" if they are an Enterprise Managed User. These users are exempt from some organization policies - see \"Adding outside collaborators to repositories\" to learn more about these collaborator types.",
        )
        .operation_id("repos/add-collaborator")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("username"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("permission")])).optional())
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/collaborators/{username} — Remove a repository collaborator
    ToolDef::new(
            "repos_remove_collaborator",
            "DELETE",
            "/repos/{owner}/{repo}/collaborators/{username}",
        )
        .title("Remove a repository collaborator")
        .description(
            "\
Remove a repository collaborator. Removes a collaborator from a repository.\n\
\n\
To use this endpoint, the authenticated user must either be an administrator of the repository or target themselves for removal.",
        )
        .operation_id("repos/remove-collaborator")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("username"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/collaborators/{username}/permission — Get repository permissions for a user
    ToolDef::new(
            "repos_get_collaborator_permission_level",
            "GET",
            "/repos/{owner}/{repo}/collaborators/{username}/permission",
        )
        .title("Get repository permissions for a user")
        .description(
            "Get repository permissions for a user. Checks the repository permission and role of a collaborator.",
        )
        .operation_id("repos/get-collaborator-permission-level")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("username"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/comments — List commit comments for a repository
    ToolDef::new(
            "repos_list_commit_comments_for_repo",
            "GET",
            "/repos/{owner}/{repo}/comments",
        )
        .title("List commit comments for a repository")
        .description(
            "\
List commit comments for a repository. Lists the commit comments for a specified repository. Comments are ordered by ascending ID.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("repos/list-commit-comments-for-repo")
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
    // GET /repos/{owner}/{repo}/comments/{comment_id} — Get a commit comment
    ToolDef::new(
            "repos_get_commit_comment",
            "GET",
            "/repos/{owner}/{repo}/comments/{comment_id}",
        )
        .title("Get a commit comment")
        .description(
            "\
Get a commit comment. Gets a specified commit comment.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("repos/get-commit-comment")
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
    // PATCH /repos/{owner}/{repo}/comments/{comment_id} — Update a commit comment
    ToolDef::new(
            "repos_update_commit_comment",
            "PATCH",
            "/repos/{owner}/{repo}/comments/{comment_id}",
        )
        .title("Update a commit comment")
        .description(
            "\
Update a commit comment. Updates the contents of a specified commit comment.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("repos/update-commit-comment")
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
    // DELETE /repos/{owner}/{repo}/comments/{comment_id} — Delete a commit comment
    ToolDef::new(
            "repos_delete_commit_comment",
            "DELETE",
            "/repos/{owner}/{repo}/comments/{comment_id}",
        )
        .title("Delete a commit comment")
        .description("Delete a commit comment.")
        .operation_id("repos/delete-commit-comment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("comment_id"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/commits — List commits
    ToolDef::new("repos_list_commits", "GET", "/repos/{owner}/{repo}/commits")
        .title("List commits")
        .description(
            "\
List commits. Signature verification object\n\
\n\
The response will include a `verification` object that describes the result of verifying the commit's signature. The following fields are included in the `verification` object",
        )
        .operation_id("repos/list-commits")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("sha"),
                Parameter::query("path"),
                Parameter::query("author"),
                Parameter::query("committer"),
                Parameter::query("since"),
                Parameter::query("until"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/commits/{commit_sha}/branches-where-head — List branches for HEAD commit
    ToolDef::new(
            "repos_list_branches_for_head_commit",
            "GET",
            "/repos/{owner}/{repo}/commits/{commit_sha}/branches-where-head",
        )
        .title("List branches for HEAD commit")
        .description(
            "List branches for HEAD commit. Protected branches are available in public repositories with GitHub Free and GitHub Free for organizations, and in public and private repositories with GitHub Pro, GitHub Team, GitHub Enterprise Cloud, and GitHub Enterprise Server. For more information, see GitHub's products in the GitHub Help documentation.",
        )
        .operation_id("repos/list-branches-for-head-commit")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("commit_sha"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/commits/{commit_sha}/comments — List commit comments
    ToolDef::new(
            "repos_list_comments_for_commit",
            "GET",
            "/repos/{owner}/{repo}/commits/{commit_sha}/comments",
        )
        .title("List commit comments")
        .description(
            "\
List commit comments. Lists the comments for a specified commit.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("repos/list-comments-for-commit")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("commit_sha"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/commits/{commit_sha}/comments — Create a commit comment
    ToolDef::new(
            "repos_create_commit_comment",
            "POST",
            "/repos/{owner}/{repo}/commits/{commit_sha}/comments",
        )
        .title("Create a commit comment")
        .description(
            "\
Create a commit comment. Create a comment for a commit using its `:commit_sha`.\n\
\n\
Access to commit comments can be controlled by organization owners. For more information, see \"Managing commit comments for your organization\".",
        )
        .operation_id("repos/create-commit-comment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("commit_sha"),
            ],
        )
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("body"),
                        Field::new("path"),
                        Field::new("position"),
                        Field::new("line"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls — List pull requests associated with a commit
    ToolDef::new(
            "repos_list_pull_requests_commit",
            "GET",
            "/repos/{owner}/{repo}/commits/{commit_sha}/pulls",
        )
        .title("List pull requests associated with a commit")
        .description(
            "List pull requests associated with a commit. Lists the merged pull request that introduced the commit to the repository. If the commit is not present in the default branch, it will return merged and open pull requests associated with the commit.",
        )
        .operation_id("repos/list-pull-requests-associated-with-commit")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("commit_sha"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/commits/{ref} — Get a commit
    ToolDef::new("repos_get_commit", "GET", "/repos/{owner}/{repo}/commits/{ref}")
        .title("Get a commit")
        .description(
            "Get a commit. Returns the contents of a single commit reference. You must have `read` access for the repository to use this endpoint.",
        )
        .operation_id("repos/get-commit")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("page"),
                Parameter::query("per_page"),
                Parameter::path("ref"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/commits/{ref}/status — Get the combined status for a specific reference
    ToolDef::new(
            "repos_get_combined_status_for_ref",
            "GET",
            "/repos/{owner}/{repo}/commits/{ref}/status",
        )
        .title("Get the combined status for a specific reference")
        .description(
            "\
Get the combined status for a specific reference. Users with pull access in a repository can access a combined view of commit statuses for a given ref. The ref can be a SHA, a branch name, or a tag name.\n\
\n\
Additionally, a combined `state` is returned. The `state` is one of",
        )
        .operation_id("repos/get-combined-status-for-ref")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("ref"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/commits/{ref}/statuses — List commit statuses for a reference
    ToolDef::new(
            "repos_list_commit_statuses_for_ref",
            "GET",
            "/repos/{owner}/{repo}/commits/{ref}/statuses",
        )
        .title("List commit statuses for a reference")
        .description(
            "List commit statuses for a reference. Users with pull access in a repository can view commit statuses for a given ref. The ref can be a SHA, a branch name, or a tag name. Statuses are returned in reverse chronological order. The first status in the list will be the latest one.",
        )
        .operation_id("repos/list-commit-statuses-for-ref")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("ref"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/community/profile — Get community profile metrics
    ToolDef::new(
            "repos_get_community_profile_metrics",
            "GET",
            "/repos/{owner}/{repo}/community/profile",
        )
        .title("Get community profile metrics")
        .description(
            "Get community profile metrics. Returns all community profile metrics for a repository. The repository cannot be a fork.",
        )
        .operation_id("repos/get-community-profile-metrics")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/compare/{basehead} — Compare two commits
    ToolDef::new(
            "repos_compare_commits_with_basehead",
            "GET",
            "/repos/{owner}/{repo}/compare/{basehead}",
        )
        .title("Compare two commits")
        .description(
            "Compare two commits. Compares two commits against one another. You can compare refs (branches or tags) and commit SHAs in the same repository, or you can compare refs and commit SHAs that exist in different repositories within the same repository network, including fork branches. For more information about how to view a repository's network, see \"Understanding connections between repositories.\"",
        )
        .operation_id("repos/compare-commits-with-basehead")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("page"),
                Parameter::query("per_page"),
                Parameter::path("basehead"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/contents/{path} — Get repository content
    ToolDef::new("repos_get_content", "GET", "/repos/{owner}/{repo}/contents/{path}")
        .title("Get repository content")
        .description(
            "Get repository content. Gets the contents of a file or directory in a repository. Specify the file path or directory with the `path` parameter. If you omit the `path` parameter, you will receive the contents of the repository's root directory.",
        )
        .operation_id("repos/get-content")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("path"),
                Parameter::query("ref"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // PUT /repos/{owner}/{repo}/contents/{path} — Create or update file contents
    ToolDef::new(
            "repos_create_or_update_file_contents",
            "PUT",
            "/repos/{owner}/{repo}/contents/{path}",
        )
        .title("Create or update file contents")
        .description(
            "\
Create or update file contents. Creates a new file or replaces an existing file in a repository.\n\
\n\
Note: If you use this endpoint and the \"Delete a file\" endpoint in parallel, the concurrent requests will conflict and you will receive errors. You must use these endpoints serially instead.",
        )
        .operation_id("repos/create-or-update-file-contents")
        .parameters(
            &[Parameter::path("owner"), Parameter::path("repo"), Parameter::path("path")],
        )
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("message"),
                        Field::new("content"),
                        Field::new("sha"),
                        Field::new("branch"),
                        Field::new("committer"),
                        Field::new("author"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/contents/{path} — Delete a file
    ToolDef::new("repos_delete_file", "DELETE", "/repos/{owner}/{repo}/contents/{path}")
        .title("Delete a file")
        .description(
            "\
Delete a file. Deletes a file in a repository.\n\
\n\
You can provide an additional `committer` parameter, which is an object containing information about the committer. Or, you can provide an `author` parameter, which is an object containing information about the author.",
        )
        .operation_id("repos/delete-file")
        .parameters(
            &[Parameter::path("owner"), Parameter::path("repo"), Parameter::path("path")],
        )
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("message"),
                        Field::new("sha"),
                        Field::new("branch"),
                        Field::new("committer"),
                        Field::new("author"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/contributors — List repository contributors
    ToolDef::new("repos_list_contributors", "GET", "/repos/{owner}/{repo}/contributors")
        .title("List repository contributors")
        .description(
            "List repository contributors. Lists contributors to the specified repository and sorts them by the number of commits per contributor in descending order. This endpoint may return information that is a few hours old because the GitHub REST API caches contributor data to improve performance.",
        )
        .operation_id("repos/list-contributors")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("anon"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/deployments — List deployments
    ToolDef::new("repos_list_deployments", "GET", "/repos/{owner}/{repo}/deployments")
        .title("List deployments")
        .description(
            "List deployments. Simple filtering of deployments is available via query parameters",
        )
        .operation_id("repos/list-deployments")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("sha"),
                Parameter::query("ref"),
                Parameter::query("task"),
                Parameter::query("environment"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/deployments — Create a deployment
    ToolDef::new("repos_create_deployment", "POST", "/repos/{owner}/{repo}/deployments")
        .title("Create a deployment")
        .description(
            "\
Create a deployment. Deployments offer a few configurable parameters with certain defaults.\n\
\n\
The `ref` parameter can be any named branch, tag, or SHA. At GitHub we often deploy branches and verify them before we merge a pull request.",
        )
        .operation_id("repos/create-deployment")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("ref"),
                        Field::new("task"),
                        Field::new("auto_merge"),
                        Field::new("required_contexts"),
                        Field::new("payload"),
                        Field::new("environment"),
                        Field::new("description"),
                        Field::new("transient_environment"),
                        Field::new("production_environment"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .long_running(FinalState::Unsaid),
    // GET /repos/{owner}/{repo}/deployments/{deployment_id} — Get a deployment
    ToolDef::new(
            "repos_get_deployment",
            "GET",
            "/repos/{owner}/{repo}/deployments/{deployment_id}",
        )
        .title("Get a deployment")
        .description("Get a deployment.")
        .operation_id("repos/get-deployment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("deployment_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/deployments/{deployment_id} — Delete a deployment
    ToolDef::new(
            "repos_delete_deployment",
            "DELETE",
            "/repos/{owner}/{repo}/deployments/{deployment_id}",
        )
        .title("Delete a deployment")
        .description(
            "Delete a deployment. If the repository only has one deployment, you can delete the deployment regardless of its status. If the repository has more than one deployment, you can only delete inactive deployments. This ensures that repositories with multiple deployments will always have an active deployment.",
        )
        .operation_id("repos/delete-deployment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("deployment_id"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses — List deployment statuses
    ToolDef::new(
            "repos_list_deployment_statuses",
            "GET",
            "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
        )
        .title("List deployment statuses")
        .description(
            "List deployment statuses. Users with pull access can view deployment statuses for a deployment",
        )
        .operation_id("repos/list-deployment-statuses")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("deployment_id"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses — Create a deployment status
    ToolDef::new(
            "repos_create_deployment_status",
            "POST",
            "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
        )
        .title("Create a deployment status")
        .description(
            "\
Create a deployment status. Users with `push` access can create deployment statuses for a given deployment.\n\
\n\
OAuth app tokens and personal access tokens (classic) need the `repo_deployment` scope to use this endpoint.",
        )
        .operation_id("repos/create-deployment-status")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("deployment_id"),
            ],
        )
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("state"),
                        Field::new("target_url"),
                        Field::new("log_url"),
                        Field::new("description"),
                        Field::new("environment"),
                        Field::new("environment_url"),
                        Field::new("auto_inactive"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses/{status_id} — Get a deployment status
    ToolDef::new(
            "repos_get_deployment_status",
            "GET",
            "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses/{status_id}",
        )
        .title("Get a deployment status")
        .description(
            "Get a deployment status. Users with pull access can view a deployment status for a deployment",
        )
        .operation_id("repos/get-deployment-status")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("deployment_id"),
                Parameter::path("status_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/dispatches — Create a repository dispatch event
    ToolDef::new(
            "repos_create_dispatch_event",
            "POST",
            "/repos/{owner}/{repo}/dispatches",
        )
        .title("Create a repository dispatch event")
        .description(
            "Create a repository dispatch event. You can use this endpoint to trigger a webhook event called `repository_dispatch` when you want activity that happens outside of GitHub to trigger a GitHub Actions workflow or GitHub App webhook. You must configure your GitHub Actions workflow or GitHub App to run when the `repository_dispatch` event occurs. For an example `repository_dispatch` webhook payload, see \"RepositoryDispatchEvent.\"",
        )
        .operation_id("repos/create-dispatch-event")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(
            Body::json(
                BodySource::Fields(
                    &[Field::new("event_type"), Field::new("client_payload")],
                ),
            ),
        )
        .hints(Hints::DESTROY),
    // GET /repos/{owner}/{repo}/environments — List environments
    ToolDef::new(
            "repos_get_all_environments",
            "GET",
            "/repos/{owner}/{repo}/environments",
        )
        .title("List environments")
        .description(
            "\
List environments. Lists the environments for a repository.\n\
\n\
Anyone with read access to the repository can use this endpoint.\n\
\n\
OAuth app tokens and personal access tokens (classic) need the `repo` scope to use this endpoint with a private repository.",
        )
        .operation_id("repos/get-all-environments")
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
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/environments/{environment_name} — Get an environment
    ToolDef::new(
            "repos_get_environment",
            "GET",
            "/repos/{owner}/{repo}/environments/{environment_name}",
        )
        .title("Get an environment")
        .description(
            "\
Get an environment. Note: To get information about name patterns that branches must match in order to deploy to this environment, see \"Get a deployment branch policy.\"\n\
\n\
Anyone with read access to the repository can use this endpoint.",
        )
        .operation_id("repos/get-environment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("environment_name"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PUT /repos/{owner}/{repo}/environments/{environment_name} — Create or update an environment
    ToolDef::new(
            "repos_create_or_update_environment",
            "PUT",
            "/repos/{owner}/{repo}/environments/{environment_name}",
        )
        .title("Create or update an environment")
        .description(
            "\
Create or update an environment with protection rules, such as required reviewers. For more information about environment protection rules, see \"Environments.\"\n\
\n\
Note: To create or update name patterns that branches must match in order to deploy to this environment, see \"Deployment branch policies.\"",
        )
        .operation_id("repos/create-or-update-environment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("environment_name"),
            ],
        )
        .body(Body::json(BodySource::Whole("body")).optional())
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/environments/{environment_name} — Delete an environment
    ToolDef::new(
            "repos_delete_an_environment",
            "DELETE",
            "/repos/{owner}/{repo}/environments/{environment_name}",
        )
        .title("Delete an environment")
        .description(
            "Delete an environment. OAuth app tokens and personal access tokens (classic) need the `repo` scope to use this endpoint.",
        )
        .operation_id("repos/delete-an-environment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("environment_name"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies — List deployment branch policies
    ToolDef::new(
            "repos_list_deployment_branch_policies",
            "GET",
            "/repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies",
        )
        .title("List deployment branch policies")
        .description(
            "\
List deployment branch policies. Lists the deployment branch policies for an environment.\n\
\n\
Anyone with read access to the repository can use this endpoint.\n\
\n\
OAuth app tokens and personal access tokens (classic) need the `repo` scope to use this endpoint with a private repository.",
        )
        .operation_id("repos/list-deployment-branch-policies")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("environment_name"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies — Create a deployment branch policy
    ToolDef::new(
            "repos_create_deployment_branch_policy",
            "POST",
            "/repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies",
        )
        .title("Create a deployment branch policy")
        .description(
            "\
Create a deployment branch policy. Creates a deployment branch or tag policy for an environment.\n\
\n\
OAuth app tokens and personal access tokens (classic) need the `repo` scope to use this endpoint.",
        )
        .operation_id("repos/create-deployment-branch-policy")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("environment_name"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("name"), Field::new("type")])))
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies/{branch_policy_id} — Get a deployment branch policy
    ToolDef::new(
            "repos_get_deployment_branch_policy",
            "GET",
            "/repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}",
        )
        .title("Get a deployment branch policy")
        .description(
            "\
Get a deployment branch policy. Gets a deployment branch or tag policy for an environment.\n\
\n\
Anyone with read access to the repository can use this endpoint.\n\
\n\
OAuth app tokens and personal access tokens (classic) need the `repo` scope to use this endpoint with a private repository.",
        )
        .operation_id("repos/get-deployment-branch-policy")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("environment_name"),
                Parameter::path("branch_policy_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PUT /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies/{branch_policy_id} — Update a deployment branch policy
    ToolDef::new(
            "repos_update_deployment_branch_policy",
            "PUT",
            "/repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}",
        )
        .title("Update a deployment branch policy")
        .description(
            "\
Update a deployment branch policy. Updates a deployment branch or tag policy for an environment.\n\
\n\
OAuth app tokens and personal access tokens (classic) need the `repo` scope to use this endpoint.",
        )
        .operation_id("repos/update-deployment-branch-policy")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("environment_name"),
                Parameter::path("branch_policy_id"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("name")])))
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies/{branch_policy_id} — Delete a deployment branch policy
    ToolDef::new(
            "repos_delete_deployment_branch_policy",
            "DELETE",
            "/repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}",
        )
        .title("Delete a deployment branch policy")
        .description(
            "\
Delete a deployment branch policy. Deletes a deployment branch or tag policy for an environment.\n\
\n\
OAuth app tokens and personal access tokens (classic) need the `repo` scope to use this endpoint.",
        )
        .operation_id("repos/delete-deployment-branch-policy")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("environment_name"),
                Parameter::path("branch_policy_id"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/environments/{environment_name}/deployment_protection_rules — Get all deployment protection rules for an environment
    ToolDef::new(
            "repos_get_all_deployment_rules",
            "GET",
            "/repos/{owner}/{repo}/environments/{environment_name}/deployment_protection_rules",
        )
        .title("Get all deployment protection rules for an environment")
        .description(
            "Get all deployment protection rules for an environment. Gets all custom deployment protection rules that are enabled for an environment. Anyone with read access to the repository can use this endpoint. For more information about environments, see \"Using environments for deployment.\"",
        )
        .operation_id("repos/get-all-deployment-protection-rules")
        .parameters(
            &[
                Parameter::path("environment_name"),
                Parameter::path("repo"),
                Parameter::path("owner"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/environments/{environment_name}/deployment_protection_rules — Create a custom deployment protection rule on an environment
    ToolDef::new(
            "repos_create_deployment_protection_rule",
            "POST",
            "/repos/{owner}/{repo}/environments/{environment_name}/deployment_protection_rules",
        )
        .title("Create a custom deployment protection rule on an environment")
        .description(
            "\
Create a custom deployment protection rule on an environment. Enable a custom deployment protection rule for an environment.\n\
\n\
The authenticated user must have admin or owner permissions to the repository to use this endpoint.",
        )
        .operation_id("repos/create-deployment-protection-rule")
        .parameters(
            &[
                Parameter::path("environment_name"),
                Parameter::path("repo"),
                Parameter::path("owner"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("integration_id")])))
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/environments/{environment_name}/deployment_protection_rules/apps — List custom deployment rule integrations available for an environment
    ToolDef::new(
            "repos_list_custom_rule_integrations",
            "GET",
            "/repos/{owner}/{repo}/environments/{environment_name}/deployment_protection_rules/apps",
        )
        .title("List custom deployment rule integrations available for an environment")
        .description(
            "\
List custom deployment rule integrations available for an environment. Gets all custom deployment protection rule integrations that are available for an environment.\n\
\n\
The authenticated user must have admin or owner permissions to the repository to use this endpoint.",
        )
        .operation_id("repos/list-custom-deployment-rule-integrations")
        .parameters(
            &[
                Parameter::path("environment_name"),
                Parameter::path("repo"),
                Parameter::path("owner"),
                Parameter::query("page"),
                Parameter::query("per_page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/environments/{environment_name}/deployment_protection_rules/{protection_rule_id} — Get a custom deployment protection rule
    ToolDef::new(
            "repos_get_custom_deployment_rule",
            "GET",
            "/repos/{owner}/{repo}/environments/{environment_name}/deployment_protection_rules/{protection_rule_id}",
        )
        .title("Get a custom deployment protection rule")
        .description(
            "Get a custom deployment protection rule. Gets an enabled custom deployment protection rule for an environment. Anyone with read access to the repository can use this endpoint. For more information about environments, see \"Using environments for deployment.\"",
        )
        .operation_id("repos/get-custom-deployment-protection-rule")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("environment_name"),
                Parameter::path("protection_rule_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/environments/{environment_name}/deployment_protection_rules/{protection_rule_id} — Disable a custom protection rule for an environment
    ToolDef::new(
            "repos_disable_deployment_protection_rule",
            "DELETE",
            "/repos/{owner}/{repo}/environments/{environment_name}/deployment_protection_rules/{protection_rule_id}",
        )
        .title("Disable a custom protection rule for an environment")
        .description(
            "\
Disable a custom protection rule for an environment. Disables a custom deployment protection rule for an environment.\n\
\n\
The authenticated user must have admin or owner permissions to the repository to use this endpoint.",
        )
        .operation_id("repos/disable-deployment-protection-rule")
        .parameters(
            &[
                Parameter::path("environment_name"),
                Parameter::path("repo"),
                Parameter::path("owner"),
                Parameter::path("protection_rule_id"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/forks — List forks
    ToolDef::new("repos_list_forks", "GET", "/repos/{owner}/{repo}/forks")
        .title("List forks")
        .description("List forks.")
        .operation_id("repos/list-forks")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("sort"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/forks — Create a fork
    ToolDef::new("repos_create_fork", "POST", "/repos/{owner}/{repo}/forks")
        .title("Create a fork")
        .description(
            "\
Create a fork for the authenticated user.\n\
\n\
Note: Forking a Repository happens asynchronously. You may have to wait a short period of time before you can access the git objects. If this takes longer than 5 minutes, be sure to contact GitHub Support.",
        )
        .operation_id("repos/create-fork")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(Body::json(BodySource::Whole("body")).optional())
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object)
        .long_running(FinalState::Unsaid),
    // GET /repos/{owner}/{repo}/hash-algorithm — Get the hash algorithm for a repository
    ToolDef::new(
            "repos_get_hash_algorithm",
            "GET",
            "/repos/{owner}/{repo}/hash-algorithm",
        )
        .title("Get the hash algorithm for a repository")
        .description(
            "Get the hash algorithm for a repository. Returns the hash algorithm used to store repository objects.",
        )
        .operation_id("repos/get-hash-algorithm")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/hooks — List repository webhooks
    ToolDef::new("repos_list_webhooks", "GET", "/repos/{owner}/{repo}/hooks")
        .title("List repository webhooks")
        .description(
            "List repository webhooks. Lists webhooks for a repository. `last response` may return null if there have not been any deliveries within 30 days.",
        )
        .operation_id("repos/list-webhooks")
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
    // POST /repos/{owner}/{repo}/hooks — Create a repository webhook
    ToolDef::new("repos_create_webhook", "POST", "/repos/{owner}/{repo}/hooks")
        .title("Create a repository webhook")
        .description(
            "Create a repository webhook. Repositories can have multiple webhooks installed. Each webhook should have a unique `config`. Multiple webhooks can share the same `config` as long as those webhooks do not have any `events` that overlap.",
        )
        .operation_id("repos/create-webhook")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(Body::json(BodySource::Whole("body")).optional())
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/hooks/{hook_id} — Get a repository webhook
    ToolDef::new("repos_get_webhook", "GET", "/repos/{owner}/{repo}/hooks/{hook_id}")
        .title("Get a repository webhook")
        .description(
            "Get a repository webhook. Returns a webhook configured in a repository. To get only the webhook `config` properties, see \"Get a webhook configuration for a repository.\"",
        )
        .operation_id("repos/get-webhook")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("hook_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PATCH /repos/{owner}/{repo}/hooks/{hook_id} — Update a repository webhook
    ToolDef::new(
            "repos_update_webhook",
            "PATCH",
            "/repos/{owner}/{repo}/hooks/{hook_id}",
        )
        .title("Update a repository webhook")
        .description(
            "Update a repository webhook. Updates a webhook configured in a repository. If you previously had a `secret` set, you must provide the same `secret` or set a new `secret` or the secret will be removed. If you are only updating individual webhook `config` properties, use \"Update a webhook configuration for a repository.\"",
        )
        .operation_id("repos/update-webhook")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("hook_id"),
            ],
        )
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("config"),
                        Field::new("events"),
                        Field::new("add_events"),
                        Field::new("remove_events"),
                        Field::new("active"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/hooks/{hook_id} — Delete a repository webhook
    ToolDef::new(
            "repos_delete_webhook",
            "DELETE",
            "/repos/{owner}/{repo}/hooks/{hook_id}",
        )
        .title("Delete a repository webhook")
        .description(
            "\
Delete a repository webhook. Delete a webhook for an organization.\n\
\n\
The authenticated user must be a repository owner, or have admin access in the repository, to delete the webhook.",
        )
        .operation_id("repos/delete-webhook")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("hook_id"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/hooks/{hook_id}/config — Get a webhook configuration for a repository
    ToolDef::new(
            "repos_get_webhook_config_for_repo",
            "GET",
            "/repos/{owner}/{repo}/hooks/{hook_id}/config",
        )
        .title("Get a webhook configuration for a repository")
        .description(
            "Get a webhook configuration for a repository. Returns the webhook configuration for a repository. To get more information about the webhook, including the `active` state and `events`, use \"Get a repository webhook.\"",
        )
        .operation_id("repos/get-webhook-config-for-repo")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("hook_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PATCH /repos/{owner}/{repo}/hooks/{hook_id}/config — Update a webhook configuration for a repository
    ToolDef::new(
            "repos_update_webhook_config_for_repo",
            "PATCH",
            "/repos/{owner}/{repo}/hooks/{hook_id}/config",
        )
        .title("Update a webhook configuration for a repository")
        .description(
            "Update a webhook configuration for a repository. Updates the webhook configuration for a repository. To update more information about the webhook, including the `active` state and `events`, use \"Update a repository webhook.\"",
        )
        .operation_id("repos/update-webhook-config-for-repo")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("hook_id"),
            ],
        )
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("url"),
                            Field::new("content_type"),
                            Field::new("secret"),
                            Field::new("insecure_ssl"),
                        ],
                    ),
                )
                .optional(),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/hooks/{hook_id}/deliveries — List deliveries for a repository webhook
    ToolDef::new(
            "repos_list_webhook_deliveries",
            "GET",
            "/repos/{owner}/{repo}/hooks/{hook_id}/deliveries",
        )
        .title("List deliveries for a repository webhook")
        .description(
            "List deliveries for a repository webhook. Returns a list of webhook deliveries for a webhook configured in a repository.",
        )
        .operation_id("repos/list-webhook-deliveries")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("hook_id"),
                Parameter::query("per_page"),
                Parameter::query("cursor"),
                Parameter::query("status"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/hooks/{hook_id}/deliveries/{delivery_id} — Get a delivery for a repository webhook
    ToolDef::new(
            "repos_get_webhook_delivery",
            "GET",
            "/repos/{owner}/{repo}/hooks/{hook_id}/deliveries/{delivery_id}",
        )
        .title("Get a delivery for a repository webhook")
        .description(
            "Get a delivery for a repository webhook. Returns a delivery for a webhook configured in a repository.",
        )
        .operation_id("repos/get-webhook-delivery")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("hook_id"),
                Parameter::path("delivery_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/hooks/{hook_id}/deliveries/{delivery_id}/attempts — Redeliver a delivery for a repository webhook
    ToolDef::new(
            "repos_redeliver_webhook_delivery",
            "POST",
            "/repos/{owner}/{repo}/hooks/{hook_id}/deliveries/{delivery_id}/attempts",
        )
        .title("Redeliver a delivery for a repository webhook")
        .description(
            "Redeliver a delivery for a repository webhook. Redeliver a webhook delivery for a webhook configured in a repository.",
        )
        .operation_id("repos/redeliver-webhook-delivery")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("hook_id"),
                Parameter::path("delivery_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object)
        .long_running(FinalState::Unsaid),
    // POST /repos/{owner}/{repo}/hooks/{hook_id}/pings — Ping a repository webhook
    ToolDef::new(
            "repos_ping_webhook",
            "POST",
            "/repos/{owner}/{repo}/hooks/{hook_id}/pings",
        )
        .title("Ping a repository webhook")
        .description(
            "Ping a repository webhook. This will trigger a ping event to be sent to the hook.",
        )
        .operation_id("repos/ping-webhook")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("hook_id"),
            ],
        )
        .hints(Hints::DESTROY),
    // POST /repos/{owner}/{repo}/hooks/{hook_id}/tests — Test the push repository webhook
    ToolDef::new(
            "repos_test_push_webhook",
            "POST",
            "/repos/{owner}/{repo}/hooks/{hook_id}/tests",
        )
        .title("Test the push repository webhook")
        .description(
            "Test the push repository webhook. This will trigger the hook with the latest push to the current repository if the hook is subscribed to `push` events. If the hook is not subscribed to `push` events, the server will respond with 204 but no test POST will be generated.",
        )
        .operation_id("repos/test-push-webhook")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("hook_id"),
            ],
        )
        .hints(Hints::DESTROY),
    // GET /repos/{owner}/{repo}/immutable-releases — Check if immutable releases are enabled for a repository
    ToolDef::new(
            "repos_check_immutable_releases",
            "GET",
            "/repos/{owner}/{repo}/immutable-releases",
        )
        .title("Check if immutable releases are enabled for a repository")
        .description(
            "Check if immutable releases are enabled for a repository. Shows whether immutable releases are enabled or disabled. Also identifies whether immutability is being enforced by the repository owner. The authenticated user must have admin read access to the repository.",
        )
        .operation_id("repos/check-immutable-releases")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PUT /repos/{owner}/{repo}/immutable-releases — Enable immutable releases
    ToolDef::new(
            "repos_enable_immutable_releases",
            "PUT",
            "/repos/{owner}/{repo}/immutable-releases",
        )
        .title("Enable immutable releases")
        .description(
            "Enable immutable releases. Enables immutable releases for a repository. The authenticated user must have admin access to the repository.",
        )
        .operation_id("repos/enable-immutable-releases")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .hints(Hints::OVERWRITE),
    // DELETE /repos/{owner}/{repo}/immutable-releases — Disable immutable releases
    ToolDef::new(
            "repos_disable_immutable_releases",
            "DELETE",
            "/repos/{owner}/{repo}/immutable-releases",
        )
        .title("Disable immutable releases")
        .description(
            "Disable immutable releases. Disables immutable releases for a repository. The authenticated user must have admin access to the repository.",
        )
        .operation_id("repos/disable-immutable-releases")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/invitations — List repository invitations
    ToolDef::new("repos_list_invitations", "GET", "/repos/{owner}/{repo}/invitations")
        .title("List repository invitations")
        .description(
            "List repository invitations. When authenticating as a user with admin rights to a repository, this endpoint will list all currently open repository invitations.",
        )
        .operation_id("repos/list-invitations")
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
    // PATCH /repos/{owner}/{repo}/invitations/{invitation_id} — Update a repository invitation
    ToolDef::new(
            "repos_update_invitation",
            "PATCH",
            "/repos/{owner}/{repo}/invitations/{invitation_id}",
        )
        .title("Update a repository invitation")
        .description("Update a repository invitation.")
        .operation_id("repos/update-invitation")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("invitation_id"),
            ],
        )
        .body(Body::json(BodySource::Fields(&[Field::new("permissions")])).optional())
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/invitations/{invitation_id} — Delete a repository invitation
    ToolDef::new(
            "repos_delete_invitation",
            "DELETE",
            "/repos/{owner}/{repo}/invitations/{invitation_id}",
        )
        .title("Delete a repository invitation")
        .description("Delete a repository invitation.")
        .operation_id("repos/delete-invitation")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("invitation_id"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/issue-types — List issue types for a repository
    ToolDef::new("repos_list_issue_types", "GET", "/repos/{owner}/{repo}/issue-types")
        .title("List issue types for a repository")
        .description(
            "List issue types for a repository. Lists issue types available for a repository (inherited from its organization owner, with any per-repository overrides applied). OAuth app tokens and personal access tokens (classic) need the `repo` scope to use this endpoint. Fine-grained access tokens require the \"Metadata\" repository permission (read).",
        )
        .operation_id("repos/list-issue-types")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/keys — List deploy keys
    ToolDef::new("repos_list_deploy_keys", "GET", "/repos/{owner}/{repo}/keys")
        .title("List deploy keys")
        .description("List deploy keys.")
        .operation_id("repos/list-deploy-keys")
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
    // POST /repos/{owner}/{repo}/keys — Create a deploy key
    ToolDef::new("repos_create_deploy_key", "POST", "/repos/{owner}/{repo}/keys")
        .title("Create a deploy key")
        .description("Create a deploy key. You can create a read-only deploy key.")
        .operation_id("repos/create-deploy-key")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(
            Body::json(
                BodySource::Fields(
                    &[Field::new("title"), Field::new("key"), Field::new("read_only")],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/keys/{key_id} — Get a deploy key
    ToolDef::new("repos_get_deploy_key", "GET", "/repos/{owner}/{repo}/keys/{key_id}")
        .title("Get a deploy key")
        .description("Get a deploy key.")
        .operation_id("repos/get-deploy-key")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("key_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/keys/{key_id} — Delete a deploy key
    ToolDef::new(
            "repos_delete_deploy_key",
            "DELETE",
            "/repos/{owner}/{repo}/keys/{key_id}",
        )
        .title("Delete a deploy key")
        .description(
            "Delete a deploy key. Deploy keys are immutable. If you need to update a key, remove the key and create a new one instead.",
        )
        .operation_id("repos/delete-deploy-key")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("key_id"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/languages — List repository languages
    ToolDef::new("repos_list_languages", "GET", "/repos/{owner}/{repo}/languages")
        .title("List repository languages")
        .description(
            "List repository languages. Lists languages for the specified repository. The value shown for each language is the number of bytes of code written in that language.",
        )
        .operation_id("repos/list-languages")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/merge-upstream — Sync a fork branch with the upstream repository
    ToolDef::new("repos_merge_upstream", "POST", "/repos/{owner}/{repo}/merge-upstream")
        .title("Sync a fork branch with the upstream repository")
        .description(
            "Sync a fork branch with the upstream repository. Sync a branch of a forked repository to keep it up-to-date with the upstream repository.",
        )
        .operation_id("repos/merge-upstream")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(Body::json(BodySource::Fields(&[Field::new("branch")])))
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/merges — Merge a branch
    ToolDef::new("repos_merge", "POST", "/repos/{owner}/{repo}/merges")
        .title("Merge a branch")
        .description("Merge a branch.")
        .operation_id("repos/merge")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("base"),
                        Field::new("head"),
                        Field::new("commit_message"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/pages — Get a GitHub Pages site
    ToolDef::new("repos_get_pages", "GET", "/repos/{owner}/{repo}/pages")
        .title("Get a GitHub Pages site")
        .description(
            "\
Get a GitHub Pages site. Gets information about a GitHub Pages site.\n\
\n\
OAuth app tokens and personal access tokens (classic) need the `repo` scope to use this endpoint.",
        )
        .operation_id("repos/get-pages")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/pages — Create a GitHub Pages site
    ToolDef::new("repos_create_pages_site", "POST", "/repos/{owner}/{repo}/pages")
        .title("Create a GitHub Pages site")
        .description(
            "\
Create a GitHub Pages site. Configures a GitHub Pages site. For more information, see \"About GitHub Pages.\"\n\
\n\
The authenticated user must be a repository administrator, maintainer, or have the 'manage GitHub Pages settings' permission.",
        )
        .operation_id("repos/create-pages-site")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(Body::json(BodySource::Whole("body")))
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // PUT /repos/{owner}/{repo}/pages — Update information about a GitHub Pages site
    ToolDef::new(
            "repos_update_info_about_pages_site",
            "PUT",
            "/repos/{owner}/{repo}/pages",
        )
        .title("Update information about a GitHub Pages site")
        .description(
            "\
Update information about a GitHub Pages site. Updates information for a GitHub Pages site. For more information, see \"About GitHub Pages.\n\
\n\
The authenticated user must be a repository administrator, maintainer, or have the 'manage GitHub Pages settings' permission.",
        )
        .operation_id("repos/update-information-about-pages-site")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(Body::json(BodySource::Whole("body")))
        .hints(Hints::OVERWRITE),
    // DELETE /repos/{owner}/{repo}/pages — Delete a GitHub Pages site
    ToolDef::new("repos_delete_pages_site", "DELETE", "/repos/{owner}/{repo}/pages")
        .title("Delete a GitHub Pages site")
        .description(
            "\
Delete a GitHub Pages site. Deletes a GitHub Pages site. For more information, see \"About GitHub Pages.\n\
\n\
The authenticated user must be a repository administrator, maintainer, or have the 'manage GitHub Pages settings' permission.",
        )
        .operation_id("repos/delete-pages-site")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/pages/builds — List GitHub Pages builds
    ToolDef::new("repos_list_pages_builds", "GET", "/repos/{owner}/{repo}/pages/builds")
        .title("List GitHub Pages builds")
        .description(
            "\
List GitHub Pages builds. Lists builts of a GitHub Pages site.\n\
\n\
OAuth app tokens and personal access tokens (classic) need the `repo` scope to use this endpoint.",
        )
        .operation_id("repos/list-pages-builds")
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
    // POST /repos/{owner}/{repo}/pages/builds — Request a GitHub Pages build
    ToolDef::new(
            "repos_request_pages_build",
            "POST",
            "/repos/{owner}/{repo}/pages/builds",
        )
        .title("Request a GitHub Pages build")
        .description(
            "Request a GitHub Pages build. You can request that your site be built from the latest revision on the default branch. This has the same effect as pushing a commit to your default branch, but does not require an additional commit. Manually triggering page builds can be helpful when diagnosing build warnings and failures.",
        )
        .operation_id("repos/request-pages-build")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/pages/builds/latest — Get latest Pages build
    ToolDef::new(
            "repos_get_latest_pages_build",
            "GET",
            "/repos/{owner}/{repo}/pages/builds/latest",
        )
        .title("Get latest Pages build")
        .description(
            "\
Get latest Pages build. Gets information about the single most recent build of a GitHub Pages site.\n\
\n\
OAuth app tokens and personal access tokens (classic) need the `repo` scope to use this endpoint.",
        )
        .operation_id("repos/get-latest-pages-build")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/pages/builds/{build_id} — Get GitHub Pages build
    ToolDef::new(
            "repos_get_pages_build",
            "GET",
            "/repos/{owner}/{repo}/pages/builds/{build_id}",
        )
        .title("Get GitHub Pages build")
        .description(
            "\
Get GitHub Pages build. Gets information about a GitHub Pages build.\n\
\n\
OAuth app tokens and personal access tokens (classic) need the `repo` scope to use this endpoint.",
        )
        .operation_id("repos/get-pages-build")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("build_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/pages/deployments — Create a GitHub Pages deployment
    ToolDef::new(
            "repos_create_pages_deployment",
            "POST",
            "/repos/{owner}/{repo}/pages/deployments",
        )
        .title("Create a GitHub Pages deployment")
        .description(
            "\
Create a GitHub Pages deployment for a repository.\n\
\n\
The authenticated user must have write permission to the repository.",
        )
        .operation_id("repos/create-pages-deployment")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("artifact_id"),
                        Field::new("artifact_url"),
                        Field::new("environment"),
                        Field::new("pages_build_version"),
                        Field::new("oidc_token"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/pages/deployments/{pages_deployment_id} — Get the status of a GitHub Pages deployment
    ToolDef::new(
            "repos_get_pages_deployment",
            "GET",
            "/repos/{owner}/{repo}/pages/deployments/{pages_deployment_id}",
        )
        .title("Get the status of a GitHub Pages deployment")
        .description(
            "\
Get the status of a GitHub Pages deployment. Gets the current status of a GitHub Pages deployment.\n\
\n\
The authenticated user must have read permission for the GitHub Pages site.",
        )
        .operation_id("repos/get-pages-deployment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pages_deployment_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/pages/deployments/{pages_deployment_id}/cancel — Cancel a GitHub Pages deployment
    ToolDef::new(
            "repos_cancel_pages_deployment",
            "POST",
            "/repos/{owner}/{repo}/pages/deployments/{pages_deployment_id}/cancel",
        )
        .title("Cancel a GitHub Pages deployment")
        .description(
            "\
Cancel a GitHub Pages deployment. Cancels a GitHub Pages deployment.\n\
\n\
The authenticated user must have write permissions for the GitHub Pages site.",
        )
        .operation_id("repos/cancel-pages-deployment")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("pages_deployment_id"),
            ],
        )
        .hints(Hints::DESTROY),
    // GET /repos/{owner}/{repo}/pages/health — Get a DNS health check for GitHub Pages
    ToolDef::new(
            "repos_get_pages_health_check",
            "GET",
            "/repos/{owner}/{repo}/pages/health",
        )
        .title("Get a DNS health check for GitHub Pages")
        .description(
            "Get a DNS health check for GitHub Pages. Gets a health check of the DNS settings for the `CNAME` record configured for a repository's GitHub Pages.",
        )
        .operation_id("repos/get-pages-health-check")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .long_running(FinalState::Unsaid),
    // GET /repos/{owner}/{repo}/private-vulnerability-reporting — Check if private vulnerability reporting is enabled for a repository
    ToolDef::new(
            "repos_check_private_reporting",
            "GET",
            "/repos/{owner}/{repo}/private-vulnerability-reporting",
        )
        .title("Check if private vulnerability reporting is enabled for a repository")
        .description(
            "Check if private vulnerability reporting is enabled for a repository. Returns a boolean indicating whether or not private vulnerability reporting is enabled for the repository. For more information, see \"Evaluating the security settings of a repository\".",
        )
        .operation_id("repos/check-private-vulnerability-reporting")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PUT /repos/{owner}/{repo}/private-vulnerability-reporting — Enable private vulnerability reporting for a repository
    ToolDef::new(
            "repos_enable_private_reporting",
            "PUT",
            "/repos/{owner}/{repo}/private-vulnerability-reporting",
        )
        .title("Enable private vulnerability reporting for a repository")
        .description(
            "Enable private vulnerability reporting for a repository. Enables private vulnerability reporting for a repository. The authenticated user must have admin access to the repository. For more information, see \"Privately reporting a security vulnerability.\"",
        )
        .operation_id("repos/enable-private-vulnerability-reporting")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .hints(Hints::OVERWRITE),
    // DELETE /repos/{owner}/{repo}/private-vulnerability-reporting — Disable private vulnerability reporting for a repository
    ToolDef::new(
            "repos_disable_private_reporting",
            "DELETE",
            "/repos/{owner}/{repo}/private-vulnerability-reporting",
        )
        .title("Disable private vulnerability reporting for a repository")
        .description(
            "Disable private vulnerability reporting for a repository. Disables private vulnerability reporting for a repository. The authenticated user must have admin access to the repository. For more information, see \"Privately reporting a security vulnerability\".",
        )
        .operation_id("repos/disable-private-vulnerability-reporting")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/properties/values — Get all custom property values for a repository
    ToolDef::new(
            "repos_custom_properties_get_repo_values",
            "GET",
            "/repos/{owner}/{repo}/properties/values",
        )
        .title("Get all custom property values for a repository")
        .description(
            "Get all custom property values for a repository. Gets all custom property values that are set for a repository. Users with read access to the repository can use this endpoint.",
        )
        .operation_id("repos/custom-properties-for-repos-get-repository-values")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // PATCH /repos/{owner}/{repo}/properties/values — Create or update custom property values for a repository
    ToolDef::new(
            "repos_custom_properties_create_values",
            "PATCH",
            "/repos/{owner}/{repo}/properties/values",
        )
        .title("Create or update custom property values for a repository")
        .description(
            "Create or update custom property values for a repository. Create new or update existing custom property values for a repository. Using a value of `null` for a custom property will remove or 'unset' the property value from the repository.",
        )
        .operation_id(
            "repos/custom-properties-for-repos-create-or-update-repository-values",
        )
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(Body::json(BodySource::Fields(&[Field::new("properties")])))
        .hints(Hints::DESTROY),
    // GET /repos/{owner}/{repo}/readme — Get a repository README
    ToolDef::new("repos_get_readme", "GET", "/repos/{owner}/{repo}/readme")
        .title("Get a repository README")
        .description(
            "\
Get a repository README. Gets the preferred README for a repository.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("repos/get-readme")
        .parameters(
            &[Parameter::path("owner"), Parameter::path("repo"), Parameter::query("ref")],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/readme/{dir} — Get a repository README for a directory
    ToolDef::new(
            "repos_get_readme_in_directory",
            "GET",
            "/repos/{owner}/{repo}/readme/{dir}",
        )
        .title("Get a repository README for a directory")
        .description(
            "\
Get a repository README for a directory. Gets the README from a repository directory.\n\
\n\
This endpoint supports the following custom media types. For more information, see \"Media types.\"",
        )
        .operation_id("repos/get-readme-in-directory")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("dir"),
                Parameter::query("ref"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/releases — List releases
    ToolDef::new("repos_list_releases", "GET", "/repos/{owner}/{repo}/releases")
        .title("List releases")
        .description(
            "List releases. This returns a list of releases, which does not include regular Git tags that have not been associated with a release. To get a list of Git tags, use the Repository Tags API.",
        )
        .operation_id("repos/list-releases")
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
    // POST /repos/{owner}/{repo}/releases — Create a release
    ToolDef::new("repos_create_release", "POST", "/repos/{owner}/{repo}/releases")
        .title("Create a release")
        .description(
            "Create a release. Users with push access to the repository can create a release.",
        )
        .operation_id("repos/create-release")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("tag_name"),
                        Field::new("target_commitish"),
                        Field::new("name"),
                        Field::new("body"),
                        Field::new("draft"),
                        Field::new("prerelease"),
                        Field::new("discussion_category_name"),
                        Field::new("generate_release_notes"),
                        Field::new("make_latest"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/releases/assets/{asset_id} — Get a release asset
    ToolDef::new(
            "repos_get_release_asset",
            "GET",
            "/repos/{owner}/{repo}/releases/assets/{asset_id}",
        )
        .title("Get a release asset")
        .description("Get a release asset. To download the asset's binary content")
        .operation_id("repos/get-release-asset")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("asset_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PATCH /repos/{owner}/{repo}/releases/assets/{asset_id} — Update a release asset
    ToolDef::new(
            "repos_update_release_asset",
            "PATCH",
            "/repos/{owner}/{repo}/releases/assets/{asset_id}",
        )
        .title("Update a release asset")
        .description(
            "Update a release asset. Users with push access to the repository can edit a release asset.",
        )
        .operation_id("repos/update-release-asset")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("asset_id"),
            ],
        )
        .body(
            Body::json(
                    BodySource::Fields(
                        &[Field::new("name"), Field::new("label"), Field::new("state")],
                    ),
                )
                .optional(),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/releases/assets/{asset_id} — Delete a release asset
    ToolDef::new(
            "repos_delete_release_asset",
            "DELETE",
            "/repos/{owner}/{repo}/releases/assets/{asset_id}",
        )
        .title("Delete a release asset")
        .description("Delete a release asset.")
        .operation_id("repos/delete-release-asset")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("asset_id"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // POST /repos/{owner}/{repo}/releases/generate-notes — Generate release notes content for a release
    ToolDef::new(
            "repos_generate_release_notes",
            "POST",
            "/repos/{owner}/{repo}/releases/generate-notes",
        )
        .title("Generate release notes content for a release")
        .description(
            "Generate release notes content for a release. Generate a name and body describing a release. The body content will be markdown formatted and contain information like the changes since last release and users who contributed. The generated release notes are not saved anywhere. They are intended to be generated and used when creating a new release.",
        )
        .operation_id("repos/generate-release-notes")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("tag_name"),
                        Field::new("target_commitish"),
                        Field::new("previous_tag_name"),
                        Field::new("configuration_file_path"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/releases/latest — Get the latest release
    ToolDef::new(
            "repos_get_latest_release",
            "GET",
            "/repos/{owner}/{repo}/releases/latest",
        )
        .title("Get the latest release")
        .description(
            "Get the latest release. View the latest published full release for the repository.",
        )
        .operation_id("repos/get-latest-release")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/releases/tags/{tag} — Get a release by tag name
    ToolDef::new(
            "repos_get_release_by_tag",
            "GET",
            "/repos/{owner}/{repo}/releases/tags/{tag}",
        )
        .title("Get a release by tag name")
        .description(
            "Get a release by tag name. Get a published release with the specified tag.",
        )
        .operation_id("repos/get-release-by-tag")
        .parameters(
            &[Parameter::path("owner"), Parameter::path("repo"), Parameter::path("tag")],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/releases/{release_id} — Get a release
    ToolDef::new(
            "repos_get_release",
            "GET",
            "/repos/{owner}/{repo}/releases/{release_id}",
        )
        .title("Get a release")
        .description(
            "\
Get a release. Gets a public release with the specified release ID.\n\
\n\
Note: This returns an `upload_url` key corresponding to the endpoint for uploading release assets. This key is a hypermedia resource. For more information, see \"Getting started with the REST API.\"",
        )
        .operation_id("repos/get-release")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("release_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PATCH /repos/{owner}/{repo}/releases/{release_id} — Update a release
    ToolDef::new(
            "repos_update_release",
            "PATCH",
            "/repos/{owner}/{repo}/releases/{release_id}",
        )
        .title("Update a release")
        .description(
            "Update a release. Users with push access to the repository can edit a release.",
        )
        .operation_id("repos/update-release")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("release_id"),
            ],
        )
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("tag_name"),
                            Field::new("target_commitish"),
                            Field::new("name"),
                            Field::new("body"),
                            Field::new("draft"),
                            Field::new("prerelease"),
                            Field::new("make_latest"),
                            Field::new("discussion_category_name"),
                        ],
                    ),
                )
                .optional(),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/releases/{release_id} — Delete a release
    ToolDef::new(
            "repos_delete_release",
            "DELETE",
            "/repos/{owner}/{repo}/releases/{release_id}",
        )
        .title("Delete a release")
        .description(
            "Delete a release. Users with push access to the repository can delete a release.",
        )
        .operation_id("repos/delete-release")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("release_id"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/releases/{release_id}/assets — List release assets
    ToolDef::new(
            "repos_list_release_assets",
            "GET",
            "/repos/{owner}/{repo}/releases/{release_id}/assets",
        )
        .title("List release assets")
        .description("List release assets.")
        .operation_id("repos/list-release-assets")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("release_id"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/releases/{release_id}/assets — Upload a release asset
    ToolDef::new(
            "repos_upload_release_asset",
            "POST",
            "/repos/{owner}/{repo}/releases/{release_id}/assets",
        )
        .title("Upload a release asset")
        .description(
            "Upload a release asset. This endpoint makes use of a Hypermedia relation to determine which URL to access. The endpoint you call to upload release assets is specific to your release. Use the `upload_url` returned in the response of the Create a release endpoint to upload a release asset.",
        )
        .operation_id("repos/upload-release-asset")
        .server(1)
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("release_id"),
                Parameter::query("name"),
                Parameter::query("label"),
            ],
        )
        .body(Body::bytes(BodySource::Whole("body")).optional())
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/rules/branches/{branch} — Get rules for a branch
    ToolDef::new(
            "repos_get_branch_rules",
            "GET",
            "/repos/{owner}/{repo}/rules/branches/{branch}",
        )
        .title("Get rules for a branch")
        .description(
            "Get rules for a branch. Returns all active rules that apply to the specified branch. The branch does not need to exist; rules that would apply to a branch with that name will be returned. All active rules that apply will be returned, regardless of the level at which they are configured (e.g. repository or organization). Rules in rulesets with \"evaluate\" or \"disabled\" enforcement statuses are not returned.",
        )
        .operation_id("repos/get-branch-rules")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("branch"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/rulesets — Get all repository rulesets
    ToolDef::new("repos_get_repo_rulesets", "GET", "/repos/{owner}/{repo}/rulesets")
        .title("Get all repository rulesets")
        .description(
            "Get all repository rulesets. Get all the rulesets for a repository.",
        )
        .operation_id("repos/get-repo-rulesets")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("per_page"),
                Parameter::query("page"),
                Parameter::query("includes_parents"),
                Parameter::query("targets"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/rulesets — Create a repository ruleset
    ToolDef::new("repos_create_repo_ruleset", "POST", "/repos/{owner}/{repo}/rulesets")
        .title("Create a repository ruleset")
        .description("Create a repository ruleset. Create a ruleset for a repository.")
        .operation_id("repos/create-repo-ruleset")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("name"),
                        Field::new("target"),
                        Field::new("enforcement"),
                        Field::new("bypass_actors"),
                        Field::new("conditions"),
                        Field::new("rules"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/rulesets/rule-suites — List repository rule suites
    ToolDef::new(
            "repos_get_repo_rule_suites",
            "GET",
            "/repos/{owner}/{repo}/rulesets/rule-suites",
        )
        .title("List repository rule suites")
        .description(
            "List repository rule suites. Lists suites of rule evaluations at the repository level. For more information, see \"Managing rulesets for a repository.\"",
        )
        .operation_id("repos/get-repo-rule-suites")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("ref"),
                Parameter::query("time_period"),
                Parameter::query("actor_name"),
                Parameter::query("rule_suite_result"),
                Parameter::query("evaluate_status"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/rulesets/rule-suites/{rule_suite_id} — Get a repository rule suite
    ToolDef::new(
            "repos_get_repo_rule_suite",
            "GET",
            "/repos/{owner}/{repo}/rulesets/rule-suites/{rule_suite_id}",
        )
        .title("Get a repository rule suite")
        .description(
            "Get a repository rule suite. Gets information about a suite of rule evaluations from within a repository. For more information, see \"Managing rulesets for a repository.\"",
        )
        .operation_id("repos/get-repo-rule-suite")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("rule_suite_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/rulesets/{ruleset_id} — Get a repository ruleset
    ToolDef::new(
            "repos_get_repo_ruleset",
            "GET",
            "/repos/{owner}/{repo}/rulesets/{ruleset_id}",
        )
        .title("Get a repository ruleset")
        .description(
            "\
Get a repository ruleset. Get a ruleset for a repository.\n\
\n\
Note: To prevent leaking sensitive information, the `bypass_actors` property is only returned if the user making the API request has write access to the ruleset.",
        )
        .operation_id("repos/get-repo-ruleset")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("ruleset_id"),
                Parameter::query("includes_parents"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PUT /repos/{owner}/{repo}/rulesets/{ruleset_id} — Update a repository ruleset
    ToolDef::new(
            "repos_update_repo_ruleset",
            "PUT",
            "/repos/{owner}/{repo}/rulesets/{ruleset_id}",
        )
        .title("Update a repository ruleset")
        .description("Update a repository ruleset. Update a ruleset for a repository.")
        .operation_id("repos/update-repo-ruleset")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("ruleset_id"),
            ],
        )
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("name"),
                            Field::new("target"),
                            Field::new("enforcement"),
                            Field::new("bypass_actors"),
                            Field::new("conditions"),
                            Field::new("rules"),
                        ],
                    ),
                )
                .optional(),
        )
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // DELETE /repos/{owner}/{repo}/rulesets/{ruleset_id} — Delete a repository ruleset
    ToolDef::new(
            "repos_delete_repo_ruleset",
            "DELETE",
            "/repos/{owner}/{repo}/rulesets/{ruleset_id}",
        )
        .title("Delete a repository ruleset")
        .description("Delete a repository ruleset. Delete a ruleset for a repository.")
        .operation_id("repos/delete-repo-ruleset")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("ruleset_id"),
            ],
        )
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/rulesets/{ruleset_id}/history — Get repository ruleset history
    ToolDef::new(
            "repos_get_repo_ruleset_history",
            "GET",
            "/repos/{owner}/{repo}/rulesets/{ruleset_id}/history",
        )
        .title("Get repository ruleset history")
        .description(
            "Get repository ruleset history. Get the history of a repository ruleset.",
        )
        .operation_id("repos/get-repo-ruleset-history")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("per_page"),
                Parameter::query("page"),
                Parameter::path("ruleset_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/rulesets/{ruleset_id}/history/{version_id} — Get repository ruleset version
    ToolDef::new(
            "repos_get_repo_ruleset_version",
            "GET",
            "/repos/{owner}/{repo}/rulesets/{ruleset_id}/history/{version_id}",
        )
        .title("Get repository ruleset version")
        .description(
            "Get repository ruleset version. Get a version of a repository ruleset.",
        )
        .operation_id("repos/get-repo-ruleset-version")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("ruleset_id"),
                Parameter::path("version_id"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/stats/code_frequency — Get the weekly commit activity
    ToolDef::new(
            "repos_get_code_frequency_stats",
            "GET",
            "/repos/{owner}/{repo}/stats/code_frequency",
        )
        .title("Get the weekly commit activity")
        .description(
            "\
Get the weekly commit activity. Returns a weekly aggregate of the number of additions and deletions pushed to a repository.\n\
\n\
Note: This endpoint can only be used for repositories with fewer than 10,000 commits. If the repository contains 10,000 or more commits, a 422 status code will be returned.",
        )
        .operation_id("repos/get-code-frequency-stats")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .long_running(FinalState::Unsaid),
    // GET /repos/{owner}/{repo}/stats/commit_activity — Get the last year of commit activity
    ToolDef::new(
            "repos_get_commit_activity_stats",
            "GET",
            "/repos/{owner}/{repo}/stats/commit_activity",
        )
        .title("Get the last year of commit activity")
        .description(
            "Get the last year of commit activity. Returns the last year of commit activity grouped by week. The `days` array is a group of commits per day, starting on `Sunday`.",
        )
        .operation_id("repos/get-commit-activity-stats")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .long_running(FinalState::Unsaid),
    // GET /repos/{owner}/{repo}/stats/contributors — Get all contributor commit activity
    ToolDef::new(
            "repos_get_contributors_stats",
            "GET",
            "/repos/{owner}/{repo}/stats/contributors",
        )
        .title("Get all contributor commit activity")
        .description(
            "Get all contributor commit activity. Returns the `total` number of commits authored by the contributor. In addition, the response includes a Weekly Hash (`weeks` array) with the following information",
        )
        .operation_id("repos/get-contributors-stats")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .long_running(FinalState::Unsaid),
    // GET /repos/{owner}/{repo}/stats/participation — Get the weekly commit count
    ToolDef::new(
            "repos_get_participation_stats",
            "GET",
            "/repos/{owner}/{repo}/stats/participation",
        )
        .title("Get the weekly commit count")
        .description(
            "Get the weekly commit count. Returns the total commit counts for the `owner` and total commit counts in `all`. `all` is everyone combined, including the `owner` in the last 52 weeks. If you'd like to get the commit counts for non-owners, you can subtract `owner` from `all`.",
        )
        .operation_id("repos/get-participation-stats")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/stats/punch_card — Get the hourly commit count for each day
    ToolDef::new(
            "repos_get_punch_card_stats",
            "GET",
            "/repos/{owner}/{repo}/stats/punch_card",
        )
        .title("Get the hourly commit count for each day")
        .description(
            "\
Get the hourly commit count for each day. Each array contains the day number, hour number, and number of commits:\n\
\n\
* `0-6`: Sunday - Saturday\n\
* `0-23`: Hour of day\n\
* Number of commits",
        )
        .operation_id("repos/get-punch-card-stats")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /repos/{owner}/{repo}/statuses/{sha} — Create a commit status
    ToolDef::new(
            "repos_create_commit_status",
            "POST",
            "/repos/{owner}/{repo}/statuses/{sha}",
        )
        .title("Create a commit status")
        .description(
            "\
Create a commit status. Users with push access in a repository can create commit statuses for a given SHA.\n\
\n\
Note: there is a limit of 1000 statuses per `sha` and `context` within a repository. Attempts to create more than 1000 statuses will result in a validation error.",
        )
        .operation_id("repos/create-commit-status")
        .parameters(
            &[Parameter::path("owner"), Parameter::path("repo"), Parameter::path("sha")],
        )
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("state"),
                        Field::new("target_url"),
                        Field::new("description"),
                        Field::new("context"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/tags — List repository tags
    ToolDef::new("repos_list_tags", "GET", "/repos/{owner}/{repo}/tags")
        .title("List repository tags")
        .description("List repository tags.")
        .operation_id("repos/list-tags")
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
    // GET /repos/{owner}/{repo}/tarball/{ref} — Download a repository archive (tar)
    ToolDef::new(
            "repos_download_tarball_archive",
            "GET",
            "/repos/{owner}/{repo}/tarball/{ref}",
        )
        .title("Download a repository archive (tar)")
        .description(
            "Download a repository archive (tar). Gets a redirect URL to download a tar archive for a repository. If you omit `:ref`, the repository’s default branch (usually `main`) will be used. Please make sure your HTTP framework is configured to follow redirects or you will need to use the `Location` header to make a second `GET` request.",
        )
        .operation_id("repos/download-tarball-archive")
        .parameters(
            &[Parameter::path("owner"), Parameter::path("repo"), Parameter::path("ref")],
        )
        .hints(Hints::READ),
    // GET /repos/{owner}/{repo}/teams — List repository teams
    ToolDef::new("repos_list_teams", "GET", "/repos/{owner}/{repo}/teams")
        .title("List repository teams")
        .description(
            "\
List repository teams. Lists the teams that have access to the specified repository and that are also visible to the authenticated user.\n\
\n\
For a public repository, a team is listed only if that team added the public repository explicitly.",
        )
        .operation_id("repos/list-teams")
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
    // GET /repos/{owner}/{repo}/topics — Get all repository topics
    ToolDef::new("repos_get_all_topics", "GET", "/repos/{owner}/{repo}/topics")
        .title("Get all repository topics")
        .description("Get all repository topics.")
        .operation_id("repos/get-all-topics")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::query("page"),
                Parameter::query("per_page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PUT /repos/{owner}/{repo}/topics — Replace all repository topics
    ToolDef::new("repos_replace_all_topics", "PUT", "/repos/{owner}/{repo}/topics")
        .title("Replace all repository topics")
        .description("Replace all repository topics.")
        .operation_id("repos/replace-all-topics")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(Body::json(BodySource::Fields(&[Field::new("names")])))
        .accept("application/json")
        .hints(Hints::OVERWRITE)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/traffic/clones — Get repository clones
    ToolDef::new("repos_get_clones", "GET", "/repos/{owner}/{repo}/traffic/clones")
        .title("Get repository clones")
        .description(
            "Get repository clones. Get the total number of clones and breakdown per day or week for the last 14 days. Timestamps are aligned to UTC midnight of the beginning of the day or week. Week begins on Monday.",
        )
        .operation_id("repos/get-clones")
        .parameters(
            &[Parameter::path("owner"), Parameter::path("repo"), Parameter::query("per")],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /repos/{owner}/{repo}/traffic/popular/paths — Get top referral paths
    ToolDef::new(
            "repos_get_top_paths",
            "GET",
            "/repos/{owner}/{repo}/traffic/popular/paths",
        )
        .title("Get top referral paths")
        .description(
            "Get top referral paths. Get the top 10 popular contents over the last 14 days.",
        )
        .operation_id("repos/get-top-paths")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/traffic/popular/referrers — Get top referral sources
    ToolDef::new(
            "repos_get_top_referrers",
            "GET",
            "/repos/{owner}/{repo}/traffic/popular/referrers",
        )
        .title("Get top referral sources")
        .description(
            "Get top referral sources. Get the top 10 referrers over the last 14 days.",
        )
        .operation_id("repos/get-top-referrers")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/traffic/views — Get page views
    ToolDef::new("repos_get_views", "GET", "/repos/{owner}/{repo}/traffic/views")
        .title("Get page views")
        .description(
            "Get page views. Get the total number of views and breakdown per day or week for the last 14 days. Timestamps are aligned to UTC midnight of the beginning of the day or week. Week begins on Monday.",
        )
        .operation_id("repos/get-views")
        .parameters(
            &[Parameter::path("owner"), Parameter::path("repo"), Parameter::query("per")],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // POST /repos/{owner}/{repo}/transfer — Transfer a repository
    ToolDef::new("repos_transfer", "POST", "/repos/{owner}/{repo}/transfer")
        .title("Transfer a repository")
        .description(
            "Transfer a repository. A transfer request will need to be accepted by the new owner when transferring a personal repository to another user. The response will contain the original `owner`, and the transfer will continue asynchronously. For more details on the requirements to transfer personal and organization-owned repositories, see about repository transfers.",
        )
        .operation_id("repos/transfer")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("new_owner"),
                        Field::new("new_name"),
                        Field::new("team_ids"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object)
        .long_running(FinalState::Unsaid),
    // GET /repos/{owner}/{repo}/vulnerability-alerts — Check if vulnerability alerts are enabled for a repository
    ToolDef::new(
            "repos_check_vulnerability_alerts",
            "GET",
            "/repos/{owner}/{repo}/vulnerability-alerts",
        )
        .title("Check if vulnerability alerts are enabled for a repository")
        .description(
            "Check if vulnerability alerts are enabled for a repository. Shows whether dependency alerts are enabled or disabled for a repository. The authenticated user must have admin read access to the repository. For more information, see \"About security alerts for vulnerable dependencies\".",
        )
        .operation_id("repos/check-vulnerability-alerts")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .hints(Hints::READ),
    // PUT /repos/{owner}/{repo}/vulnerability-alerts — Enable vulnerability alerts
    ToolDef::new(
            "repos_enable_vulnerability_alerts",
            "PUT",
            "/repos/{owner}/{repo}/vulnerability-alerts",
        )
        .title("Enable vulnerability alerts")
        .description(
            "Enable vulnerability alerts. Enables dependency alerts and the dependency graph for a repository. The authenticated user must have admin access to the repository. For more information, see \"About security alerts for vulnerable dependencies\".",
        )
        .operation_id("repos/enable-vulnerability-alerts")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .hints(Hints::OVERWRITE),
    // DELETE /repos/{owner}/{repo}/vulnerability-alerts — Disable vulnerability alerts
    ToolDef::new(
            "repos_disable_vulnerability_alerts",
            "DELETE",
            "/repos/{owner}/{repo}/vulnerability-alerts",
        )
        .title("Disable vulnerability alerts")
        .description(
            "Disable vulnerability alerts. Disables dependency alerts and the dependency graph for a repository. The authenticated user must have admin access to the repository. For more information, see \"About security alerts for vulnerable dependencies\".",
        )
        .operation_id("repos/disable-vulnerability-alerts")
        .parameters(&[Parameter::path("owner"), Parameter::path("repo")])
        .hints(Hints::OVERWRITE),
    // GET /repos/{owner}/{repo}/zipball/{ref} — Download a repository archive (zip)
    ToolDef::new(
            "repos_download_zipball_archive",
            "GET",
            "/repos/{owner}/{repo}/zipball/{ref}",
        )
        .title("Download a repository archive (zip)")
        .description(
            "Download a repository archive (zip). Gets a redirect URL to download a zip archive for a repository. If you omit `:ref`, the repository’s default branch (usually `main`) will be used. Please make sure your HTTP framework is configured to follow redirects or you will need to use the `Location` header to make a second `GET` request.",
        )
        .operation_id("repos/download-zipball-archive")
        .parameters(
            &[Parameter::path("owner"), Parameter::path("repo"), Parameter::path("ref")],
        )
        .hints(Hints::READ),
    // POST /repos/{template_owner}/{template_repo}/generate — Create a repository using a template
    ToolDef::new(
            "repos_create_using_template",
            "POST",
            "/repos/{template_owner}/{template_repo}/generate",
        )
        .title("Create a repository using a template")
        .description(
            "Create a repository using a template. Creates a new repository using a repository template. Use the `template_owner` and `template_repo` route parameters to specify the repository to use as the template. If the repository is not public, the authenticated user must own or be a member of an organization that owns the repository. To check if a repository is available to use as a template, get the repository's information using the Get a repository endpoint and check that the `is_template` key is `true`.",
        )
        .operation_id("repos/create-using-template")
        .parameters(
            &[Parameter::path("template_owner"), Parameter::path("template_repo")],
        )
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("owner"),
                        Field::new("name"),
                        Field::new("description"),
                        Field::new("include_all_branches"),
                        Field::new("private"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /repositories — List public repositories
    ToolDef::new("repos_list_public", "GET", "/repositories")
        .title("List public repositories")
        .description(
            "List public repositories. Lists all public repositories in the order that they were created.",
        )
        .operation_id("repos/list-public")
        .parameters(&[Parameter::query("since")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /user/repos — List repositories for the authenticated user
    ToolDef::new("repos_list_for_authenticated_user", "GET", "/user/repos")
        .title("List repositories for the authenticated user")
        .description(
            "List repositories for the authenticated user. Lists repositories that the authenticated user has explicit permission (`:read`, `:write`, or `:admin`) to access.",
        )
        .operation_id("repos/list-for-authenticated-user")
        .parameters(
            &[
                Parameter::query("visibility"),
                Parameter::query("affiliation"),
                Parameter::query("type"),
                Parameter::query("sort"),
                Parameter::query("direction"),
                Parameter::query("per_page"),
                Parameter::query("page"),
                Parameter::query("since"),
                Parameter::query("before"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /user/repos — Create a repository for the authenticated user
    ToolDef::new("repos_create_for_authenticated_user", "POST", "/user/repos")
        .title("Create a repository for the authenticated user")
        .description(
            "\
Create a repository for the authenticated user. Creates a new repository for the authenticated user.\n\
\n\
OAuth app tokens and personal access tokens (classic) need the `public_repo` or `repo` scope to create a public repository, and `repo` scope to create a private repository.",
        )
        .operation_id("repos/create-for-authenticated-user")
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("name"),
                        Field::new("description"),
                        Field::new("homepage"),
                        Field::new("private"),
                        Field::new("has_issues"),
                        Field::new("has_projects"),
                        Field::new("has_wiki"),
                        Field::new("has_discussions"),
                        Field::new("team_id"),
                        Field::new("auto_init"),
                        Field::new("gitignore_template"),
                        Field::new("license_template"),
                        Field::new("allow_squash_merge"),
                        Field::new("allow_merge_commit"),
                        Field::new("allow_rebase_merge"),
                        Field::new("allow_auto_merge"),
                        Field::new("delete_branch_on_merge"),
                        Field::new("squash_merge_commit_title"),
                        Field::new("squash_merge_commit_message"),
                        Field::new("merge_commit_title"),
                        Field::new("merge_commit_message"),
                        Field::new("has_downloads"),
                        Field::new("is_template"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /user/repository_invitations — List repository invitations for the authenticated user
    ToolDef::new(
            "repos_list_invitations_auth_user",
            "GET",
            "/user/repository_invitations",
        )
        .title("List repository invitations for the authenticated user")
        .description(
            "List repository invitations for the authenticated user. When authenticating as a user, this endpoint will list all currently open repository invitations for that user.",
        )
        .operation_id("repos/list-invitations-for-authenticated-user")
        .parameters(&[Parameter::query("per_page"), Parameter::query("page")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // PATCH /user/repository_invitations/{invitation_id} — Accept a repository invitation
    ToolDef::new(
            "repos_accept_invitation_auth_user",
            "PATCH",
            "/user/repository_invitations/{invitation_id}",
        )
        .title("Accept a repository invitation")
        .description("Accept a repository invitation.")
        .operation_id("repos/accept-invitation-for-authenticated-user")
        .parameters(&[Parameter::path("invitation_id")])
        .hints(Hints::DESTROY),
    // DELETE /user/repository_invitations/{invitation_id} — Decline a repository invitation
    ToolDef::new(
            "repos_decline_invitation_auth_user",
            "DELETE",
            "/user/repository_invitations/{invitation_id}",
        )
        .title("Decline a repository invitation")
        .description("Decline a repository invitation.")
        .operation_id("repos/decline-invitation-for-authenticated-user")
        .parameters(&[Parameter::path("invitation_id")])
        .hints(Hints::OVERWRITE),
    // GET /users/{username}/repos — List repositories for a user
    ToolDef::new("repos_list_for_user", "GET", "/users/{username}/repos")
        .title("List repositories for a user")
        .description(
            "List repositories for a user. Lists public repositories for the specified user.",
        )
        .operation_id("repos/list-for-user")
        .parameters(
            &[
                Parameter::path("username"),
                Parameter::query("type"),
                Parameter::query("sort"),
                Parameter::query("direction"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /repos/{owner}/{repo}/compare/{base}...{head} — Compare two commits
    ToolDef::new(
            "repos_compare_commits",
            "GET",
            "/repos/{owner}/{repo}/compare/{base}...{head}",
        )
        .title("Compare two commits")
        .description(
            "Compare two commits. Deprecated: Use `repos.compareCommitsWithBasehead()` (`GET /repos/{owner}/{repo}/compare/{basehead}`) instead. Both `:base` and `:head` must be branch names in `:repo`. To compare branches across other repositories in the same network as `:repo`, use the format `<USERNAME>:branch`.",
        )
        .operation_id("repos/compare-commits")
        .parameters(
            &[
                Parameter::path("owner"),
                Parameter::path("repo"),
                Parameter::path("base"),
                Parameter::path("head"),
                Parameter::query("per_page"),
                Parameter::query("page"),
            ],
        )
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
];
