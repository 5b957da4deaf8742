//! The most similar names, for "did you mean".

/// The names most like `wanted`, best first. Case and separators do not count; a name that has little in common with
/// it is not among them.
pub(crate) fn nearest<'a>(
    wanted: &str,
    names: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    let wanted = folded(wanted);
    let mut scored: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| Some((distance_between(&wanted, &folded(name))?, name)))
        .collect();
    scored.sort_by_key(|(distance, _)| *distance);
    scored
        .into_iter()
        .take(most)
        .map(|(_, name)| name)
        .collect()
}

fn folded(name: &str) -> Vec<char> {
    (name.chars().filter(|c| c.is_alphanumeric()))
        .flat_map(char::to_lowercase)
        .take(80)
        .collect()
}

/// How far apart two folded names are, or `None` when they are too far apart to be meant for each other.
fn distance_between(a: &[char], b: &[char]) -> Option<usize> {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    if short.is_empty() {
        return None;
    }
    let allowed = (long.len() / 3).max(1);
    let contained = short.len() >= 3 && long.windows(short.len()).any(|part| part == short);
    if contained {
        return Some((long.len() - short.len()).min(allowed));
    }
    if long.len() - short.len() > allowed {
        return None;
    }
    Some(edit_distance(a, b)).filter(|distance| *distance <= allowed)
}

/// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
fn edit_distance(a: &[char], b: &[char]) -> usize {
    let mut before_last = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let substitution = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = substitution.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_a_swap_another_case_and_a_part_are_near() {
        let names = ["owner", "pet_id", "status", "per_page"];
        for (wanted, meant) in [
            ("onwer", "owner"),
            ("petId", "pet_id"),
            ("id", ""),
            ("stat", "status"),
            ("perpage", "per_page"),
            ("zebra", ""),
        ] {
            let found = nearest(wanted, names, 1).first().copied().unwrap_or("");
            assert_eq!(found, meant, "{wanted}");
        }
    }
}
