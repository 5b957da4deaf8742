//! Operations whose work may go on after the answer.

use serde_json::json;

use super::{api, operation, planned};
use crate::plan::PlanOptions;
use crate::runtime::tool::FinalState;

#[test]
fn an_operation_is_long_running_where_it_says_so_or_answers_202() {
    const MARK: &str = "x-ms-long-running-operation";
    const OPTIONS: &str = "x-ms-long-running-operation-options";
    let post = || operation("POST", "/exports").id("export");
    let via = |place: &str| {
        let marked = post().extension(MARK, json!(true));
        marked.extension(OPTIONS, json!({"final-state-via": place}))
    };
    for (operation, expected) in [
        (post(), None),
        (post().answer(200, &[]), None),
        (post().answer(202, &[]), Some(FinalState::Unsaid)),
        (
            post().extension(MARK, json!(true)),
            Some(FinalState::Unsaid),
        ),
        (post().extension(MARK, json!(false)), None),
        (via("location"), Some(FinalState::Location)),
        (via("original-uri"), Some(FinalState::Original)),
        (via("azure-async-operation"), Some(FinalState::Status)),
        (via("operation-location"), Some(FinalState::Status)),
        (via("elsewhere"), Some(FinalState::Unsaid)),
    ] {
        let (plan, _) = planned(&api([operation]), &PlanOptions::default());
        assert_eq!(plan.groups[0].tools[0].long_running, expected);
    }
}
