//! What a balancer and a service manager are told.

use crate::world::{Answer, World, bearer};
use serde_json::json;
use server::accept::Stopping;
use server::health::Health;
use server::router;
use std::sync::Arc;

impl World {
    /// The same installation on a disk of which this much has to be free.
    fn needing(&mut self, least_free: u64) -> Stopping {
        let stopping = Stopping::default();
        let health = Arc::new(Health::new(stopping.clone(), self.directory.path().to_owned(), least_free));
        self.serving = self.serving.with(|serving| serving.health = health);
        self.router = router::build(self.serving.clone());
        stopping
    }

    async fn readiness(&self) -> Answer {
        self.get("/readyz", &[]).await
    }
}

#[tokio::test]
async fn a_process_in_order_is_ready() {
    let mut world = World::http().await;
    world.needing(1);
    let answer = world.readiness().await;
    let expected = json!({ "ready": true, "stopping": false, "database": "ok", "master_key": "ok", "disk": "ok" });
    assert_eq!((answer.status.as_u16(), answer.json()), (200, expected));
    assert_eq!((answer.header("cache-control"), answer.header("content-type")), ("no-store", "application/json"));
    for path in ["/readyz", "/livez"] {
        let head = world.send("HEAD", path, &[], "").await;
        assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
        assert_eq!(world.send("POST", path, &[], "").await.status, 405);
    }
}

#[tokio::test]
async fn a_process_that_is_asked_to_stop_is_alive_and_not_ready() {
    let mut world = World::http().await;
    let stopping = world.needing(1);
    stopping.begin();
    let answer = world.readiness().await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "5"));
    assert_eq!((&answer.json()["ready"], &answer.json()["stopping"]), (&json!(false), &json!(true)));
    assert_eq!(world.get("/livez", &[]).await.status, 200);
}

#[tokio::test]
async fn a_nearly_full_disk_is_told_and_keeps_nobody_from_authenticating() {
    let mut world = World::http().await;
    world.needing(u64::MAX);
    let account = world.account().await;
    let answer = world.readiness().await;
    assert_eq!((answer.status.as_u16(), &answer.json()["disk"]), (200, &json!("low")));
    let key = bearer(account.first_pair.private_key.expose());
    assert_eq!(world.get("/v1/account", &[("authorization", &key)]).await.status, 200);
}

#[tokio::test]
async fn a_process_whose_database_is_gone_is_alive_and_not_ready() {
    let mut world = World::http().await;
    world.needing(1);
    world.break_database().await;
    let answer = world.readiness().await;
    let expected =
        json!({ "ready": false, "stopping": false, "database": "failing", "master_key": "unknown", "disk": "ok" });
    assert_eq!((answer.status.as_u16(), answer.json()), (503, expected));
    assert_eq!(world.send("HEAD", "/readyz", &[], "").await.status, 503);
    assert_eq!(world.get("/livez", &[]).await.status, 200);
}

#[tokio::test]
async fn a_process_whose_master_key_is_not_the_databases_is_not_ready() {
    let world = World::http().await;
    let stranger = backend::Backend::new(
        Arc::new(world.store.clone()),
        world.clock.clone(),
        Arc::new(backend::OsEntropy),
        backend::seal::Sealer::ephemeral(&backend::OsEntropy).unwrap(),
        world.backend.policy().clone(),
    );
    let serving = world.serving.with(|serving| serving.backend = stranger);
    let answer = crate::world::send_to(&router::build(serving), "GET", "/readyz", &[], "").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["database"]), (503, &json!("ok")));
    assert_eq!(answer.json()["master_key"], "failing");
}
