//! What sources declare: ids, routes, pages, and the answers that the server decides on.

use std::collections::BTreeSet;

use connect::sources::{Headers, Request, all, find};

use crate::asked::RECEIVED;

#[test]
fn each_source_is_whole() {
    let page = include_str!("../../../../docs/sources.md");
    let mut ids = BTreeSet::new();
    for source in all() {
        assert!(ids.insert(source.id), "{} is declared twice", source.id);
        assert_eq!(find(source.id).map(|found| found.name), Some(source.name));
        assert!(page.contains(&format!("`{}`", source.id)), "docs/sources.md does not tell of {}", source.id);
        assert!(source.about.ends_with('.') && !source.routes.is_empty(), "{}", source.id);
        for route in source.routes {
            let taken = source.route(route.method, route.path);
            assert_eq!(taken, Some(route), "{}: an earlier route takes {}", source.id, route.path);
        }
    }
}

#[test]
fn answers_that_the_server_decides_on() {
    let none: [(&str, &str); 0] = [];
    let headers: &dyn Headers = &none;
    for source in all() {
        let route = source.routes[0];
        let request =
            Request { method: route.method, path: route.path, query: "", headers, body: b"", received_at: RECEIVED };
        let busy = (source.too_busy)(&request, 30);
        assert_eq!(busy.status, 429, "{}", source.id);
        assert!(busy.headers.contains(&("retry-after", "30".to_owned())), "{}", source.id);
        assert!(matches!((source.too_large)(&request).status, 400 | 413), "{}", source.id);
        assert!(matches!((source.unauthorized)(&request).status, 400 | 401), "{}", source.id);
        assert!(find("nobody").is_none());
    }
}
