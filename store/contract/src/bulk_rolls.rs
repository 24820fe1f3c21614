//! Rolls of many accounts at once.

use crate::world::{Minted, NOW, World, assert_failed, at, revoked};
use backend::bulk_roll::{BadLine, LineProblem};
use backend::store::{
    AccountRecord, BulkRollAccount, BulkRollDraft, BulkRollDraftAccount, BulkRollDraftRow, BulkRollOutcome,
    BulkRollProgress, BulkRollRecord, BulkRollRow, BulkRollStop, Store, StoreResult,
};
use domain::key_pair::End;
use domain::{BulkRollId, ExpireOld, Refusal, Role};
use std::sync::Arc;

fn new_bulk_roll(world: &World) -> BulkRollRecord {
    BulkRollRecord {
        id: world.bulk_roll_id(),
        begun_at: at(5),
        begun_by: "op".to_owned(),
        begun_by_user: None,
        reason: "a \"leak\"".to_owned(),
        message: Some("Call us.\n".to_owned()),
        expire_old: ExpireOld::In24Hours,
        draft_id: None,
        stopped: None,
    }
}

/// So many accounts, each with its active pair, in a bulk roll.
async fn begun(world: &World, count: usize) -> (BulkRollRecord, Vec<(AccountRecord, Minted, BulkRollAccount)>) {
    let mut accounts = Vec::new();
    for _ in 0..count {
        let account = world.account().await;
        let minted = world.active_pair(&account).await;
        let pending = BulkRollAccount {
            account_id: account.id.clone(),
            pair_id: minted.pair.id.clone(),
            submission_id: world.submission(),
            faults: 0,
        };
        accounts.push((account, minted, pending));
    }
    let record = new_bulk_roll(world);
    let pending: Vec<_> = accounts.iter().map(|(_, _, pending)| pending.clone()).collect();
    world.write(async |tx| tx.insert_bulk_roll(&record, &pending).await).await.expect("stored");
    (record, accounts)
}

async fn pending(world: &World, id: &BulkRollId, limit: u32) -> Vec<BulkRollAccount> {
    world.write(async |tx| tx.list_pending_of_bulk_roll(id, at(9), limit).await).await.expect("reads")
}

async fn finish(world: &World, id: &BulkRollId, of: &BulkRollAccount, outcome: &BulkRollOutcome) -> StoreResult<()> {
    world.write(async |tx| tx.finish_bulk_roll_account(id, &of.account_id, outcome, at(9)).await).await
}

/// Every field comes back, an admin's as well, and the newest is the first of the list.
pub async fn a_bulk_roll_is_read_back(store: Arc<dyn Store>) {
    let world = World::new(store);
    assert_eq!(world.store.find_bulk_roll(&world.bulk_roll_id()).await.expect("reads"), None);
    assert_eq!(world.store.find_unfinished_bulk_roll(at(9)).await.expect("reads"), None);
    let (first, _) = begun(&world, 2).await;
    let person = world.person().await;
    let second = BulkRollRecord {
        begun_by: person.email.to_string(),
        begun_by_user: Some(person.id.clone()),
        message: None,
        draft_id: Some(world.draft_id()),
        expire_old: ExpireOld::At(at(60_000)),
        ..new_bulk_roll(&world)
    };
    world.write(async |tx| tx.insert_bulk_roll(&second, &[]).await).await.expect("stored");
    let of = |record: &BulkRollRecord, accounts| BulkRollProgress {
        record: record.clone(),
        accounts,
        rolled: 0,
        refused: 0,
        faulted: 0,
        waiting: 0,
    };
    assert_eq!(world.store.find_bulk_roll(&first.id).await.expect("reads"), Some(of(&first, 2)));
    assert_eq!(world.store.list_bulk_rolls(9).await.expect("reads"), [of(&second, 0), of(&first, 2)]);
    assert_eq!(world.store.list_bulk_rolls(1).await.expect("reads"), [of(&second, 0)]);
    let draft = second.draft_id.clone().expect("has one");
    assert_eq!(world.store.find_bulk_roll_of_draft(&draft).await.expect("reads"), Some(second));
    assert_eq!(world.store.find_bulk_roll_of_draft(&world.draft_id()).await.expect("reads"), None);
}

/// What is pending comes in the order it was given in, and what is done is no more among it; then there is nothing left.
pub async fn accounts_of_a_bulk_roll_are_done_one_after_the_other(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (record, accounts) = begun(&world, 3).await;
    let (other, _) = begun(&world, 1).await;
    let all: Vec<_> = accounts.iter().map(|(_, _, pending)| pending.clone()).collect();
    assert_eq!(pending(&world, &record.id, 9).await, all);
    assert_eq!(pending(&world, &record.id, 2).await, all[..2]);
    let (rolled, _) = world.roll(&accounts[0].1.pair, revoked()).await.expect("rolled");
    let outcome = BulkRollOutcome::Rolled(rolled.pair.id.clone());
    finish(&world, &record.id, &all[0], &outcome).await.expect("noted");
    finish(&world, &record.id, &all[2], &BulkRollOutcome::Refused(Refusal::TooManyWorkingPairs)).await.expect("noted");
    assert_eq!(pending(&world, &record.id, 9).await, all[1..2]);
    let progress = world.store.find_bulk_roll(&record.id).await.expect("reads").expect("is there");
    assert_eq!((progress.accounts, progress.rolled, progress.refused, progress.pending()), (3, 1, 1, 1));
    // The oldest first.
    assert_eq!(world.store.find_unfinished_bulk_roll(at(9)).await.expect("reads"), Some(record.clone()));
    finish(&world, &record.id, &all[1], &BulkRollOutcome::Refused(Refusal::PairAlreadyRolled)).await.expect("noted");
    assert_eq!(world.store.find_unfinished_bulk_roll(at(9)).await.expect("reads"), Some(other));
}

/// Neither a second time, nor in a bulk roll it is not in, nor to a pair of another account.
pub async fn what_came_of_an_account_is_noted_once(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (record, accounts) = begun(&world, 2).await;
    let (other, others) = begun(&world, 1).await;
    let foreign = BulkRollOutcome::Rolled(others[0].1.pair.id.clone());
    assert_failed(&finish(&world, &record.id, &accounts[0].2, &foreign).await);
    let refused = BulkRollOutcome::Refused(Refusal::ExpiryPast);
    assert_failed(&finish(&world, &other.id, &accounts[0].2, &refused).await);
    finish(&world, &record.id, &accounts[0].2, &refused).await.expect("noted");
    assert_failed(&finish(&world, &record.id, &accounts[0].2, &refused).await);
    assert_eq!(pending(&world, &other.id, 9).await.len(), 1);
}

/// An account twice, or with a pair of another one: then there is no bulk roll at all.
pub async fn an_account_is_in_a_bulk_roll_once_with_a_pair_of_its_own(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (_, accounts) = begun(&world, 2).await;
    let again = |of: usize, pair: usize| BulkRollAccount {
        account_id: accounts[of].0.id.clone(),
        pair_id: accounts[pair].1.pair.id.clone(),
        submission_id: world.submission(),
        faults: 0,
    };
    for bad in [vec![again(0, 0), again(0, 0)], vec![again(1, 1), again(0, 1)]] {
        let record = new_bulk_roll(&world);
        assert_failed(&world.write(async |tx| tx.insert_bulk_roll(&record, &bad).await).await);
        assert_eq!(world.store.find_bulk_roll(&record.id).await.expect("reads"), None);
    }
}

/// Each account with its external id, its first owner, what came of it, and the public key of the new pair.
pub async fn the_rows_of_a_bulk_roll_say_what_came_of_each_account(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (record, accounts) = begun(&world, 3).await;
    let owner = world.person().await;
    world.join(&world.person().await, &accounts[0].0, Role::Viewer).await;
    world.join(&owner, &accounts[0].0, Role::Owner).await;
    let (rolled, _) = world.roll(&accounts[0].1.pair, revoked()).await.expect("rolled");
    let outcome = BulkRollOutcome::Rolled(rolled.pair.id.clone());
    let refused = BulkRollOutcome::Refused(Refusal::PairAlreadyRolled);
    finish(&world, &record.id, &accounts[0].2, &outcome).await.expect("noted");
    finish(&world, &record.id, &accounts[1].2, &refused).await.expect("noted");
    let row = |of: usize| BulkRollRow {
        account_id: accounts[of].0.id.clone(),
        external_id: None,
        owner: None,
        pair_id: accounts[of].1.pair.id.clone(),
        outcome: None,
        new_public_key: None,
    };
    let expected = [
        BulkRollRow {
            owner: Some(owner.email),
            outcome: Some((outcome, at(9))),
            new_public_key: Some(rolled.pair.public_key),
            ..row(0)
        },
        BulkRollRow { outcome: Some((refused, at(9))), ..row(1) },
        row(2),
    ];
    assert_eq!(world.store.list_bulk_roll_rows(&record.id).await.expect("reads"), expected);
    assert_eq!(world.store.list_bulk_roll_rows(&world.bulk_roll_id()).await.expect("reads"), []);
    assert_eq!(rolled.pair.created_at, NOW);
}

/// It is not among what is to be tried until its time has come, and given up it is as done as any other.
pub async fn an_account_that_broke_is_tried_again_when_its_time_has_come(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (record, accounts) = begun(&world, 2).await;
    let all: Vec<_> = accounts.iter().map(|(_, _, pending)| pending.clone()).collect();
    let (id, first) = (&record.id, &all[0].account_id);
    world.write(async |tx| tx.note_bulk_roll_fault(id, first, at(10)).await).await.expect("noted");
    assert_eq!(pending(&world, id, 9).await, all[1..]);
    let refused = BulkRollOutcome::Refused(Refusal::PairAlreadyRolled);
    finish(&world, id, &all[1], &refused).await.expect("noted");
    assert_eq!(world.store.find_unfinished_bulk_roll(at(9)).await.expect("reads"), None);
    assert_eq!(world.store.find_unfinished_bulk_roll(at(10)).await.expect("reads"), Some(record.clone()));
    let progress = async || world.store.find_bulk_roll(id).await.expect("reads").expect("is there");
    let waits = progress().await;
    assert_eq!((waits.pending(), waits.waiting, waits.refused, waits.faulted), (1, 1, 1, 0));
    let due = world.write(async |tx| tx.list_pending_of_bulk_roll(id, at(10), 9).await).await.expect("reads");
    assert_eq!(due, [BulkRollAccount { faults: 1, ..all[0].clone() }]);
    finish(&world, id, &all[0], &BulkRollOutcome::Faulted).await.expect("noted");
    let over = progress().await;
    assert_eq!((over.pending(), over.waiting, over.refused, over.faulted), (0, 0, 1, 1));
    let rows = world.store.list_bulk_roll_rows(id).await.expect("reads");
    assert_eq!(rows[0].outcome, Some((BulkRollOutcome::Faulted, at(9))));
    assert_failed(&world.write(async |tx| tx.note_bulk_roll_fault(id, first, at(11)).await).await);
    assert_eq!(world.store.count_done_of_bulk_roll(id, at(9)).await.expect("counts"), 2);
    assert_eq!(world.store.count_done_of_bulk_roll(id, at(10)).await.expect("counts"), 0);
}

/// Nothing of it is pending any more, nothing can come of an account, and it is not stopped twice.
pub async fn what_is_left_of_a_stopped_bulk_roll_stays(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (record, accounts) = begun(&world, 2).await;
    let refused = BulkRollOutcome::Refused(Refusal::ExpiryPast);
    finish(&world, &record.id, &accounts[0].2, &refused).await.expect("noted");
    let stop = BulkRollStop { at: at(9), by: "op".to_owned() };
    world.write(async |tx| tx.stop_bulk_roll(&record.id, &stop).await).await.expect("stopped");
    let seen = world.write(async |tx| tx.find_bulk_roll(&record.id).await).await.expect("reads").expect("is there");
    assert_eq!(seen.record, BulkRollRecord { stopped: Some(stop.clone()), ..record.clone() });
    assert_eq!((seen.pending(), seen.left(), seen.refused), (0, 1, 1));
    assert_eq!(pending(&world, &record.id, 9).await, []);
    assert_eq!(world.store.find_unfinished_bulk_roll(at(9)).await.expect("reads"), None);
    assert_failed(&finish(&world, &record.id, &accounts[1].2, &refused).await);
    let again = BulkRollStop { at: at(11), by: "somebody else".to_owned() };
    assert_failed(&world.write(async |tx| tx.stop_bulk_roll(&record.id, &again).await).await);
    let rows = world.store.list_bulk_roll_rows(&record.id).await.expect("reads");
    assert_eq!((rows[0].outcome.is_some(), rows[1].outcome.is_none()), (true, true));
}

/// Its accounts are told as they are by now: rolled since, disabled, with so many pairs that still work.
pub async fn a_dry_run_is_read_back_with_its_accounts_as_they_are(store: Arc<dyn Store>) {
    let world = World::new(store);
    let person = world.person().await;
    let accounts = [world.account().await, world.account().await];
    let (first, second) = (world.active_pair(&accounts[0]).await, world.active_pair(&accounts[1]).await);
    world.join(&person, &accounts[1], Role::Owner).await;
    let named = |line, of: usize, pair: &Minted| BulkRollDraftAccount {
        line,
        account_id: accounts[of].id.clone(),
        pair_id: pair.pair.id.clone(),
    };
    let listed = [named(2, 0, &first), named(7, 1, &second)];
    let draft = BulkRollDraft {
        id: world.draft_id(),
        made_at: at(5),
        made_by_user: person.id.clone(),
        bad_lines: LineProblem::ALL.into_iter().zip(10..).map(|(problem, line)| BadLine { line, problem }).collect(),
        repeated: 3,
        reason: String::new(),
        message: String::new(),
    };
    world.write(async |tx| tx.insert_bulk_roll_draft(&draft, &listed).await).await.expect("stored");
    assert_eq!(world.store.find_bulk_roll_draft(&draft.id).await.expect("reads"), Some(draft.clone()));
    let row = |of: usize| BulkRollDraftRow {
        named: listed[of].clone(),
        name: accounts[of].name.clone(),
        external_id: accounts[of].external_id.clone(),
        owner: (of == 1).then(|| person.email.clone()),
        disabled: false,
        active: true,
        expiring: 0,
    };
    let rows = async |now| world.store.list_bulk_roll_draft_rows(&draft.id, now).await.expect("reads");
    assert_eq!(rows(at(9)).await, [row(0), row(1)]);
    let end = End::Scheduled { rolled_at: at(9), expires_at: at(20) };
    world.roll(&first.pair, end).await.expect("rolled");
    world.write(async |tx| tx.set_account_disabled(&accounts[1].id, Some(at(9))).await).await.expect("stored");
    let rolled = BulkRollDraftRow { active: false, expiring: 1, ..row(0) };
    assert_eq!(rows(at(19)).await, [rolled, BulkRollDraftRow { disabled: true, ..row(1) }]);
    world.write(async |tx| tx.set_bulk_roll_draft_words(&draft.id, "why", "call\nus").await).await.expect("stored");
    let kept = world.store.find_bulk_roll_draft(&draft.id).await.expect("reads").expect("is there");
    assert_eq!((kept.reason.as_str(), kept.message.as_str()), ("why", "call\nus"));
    let delete = async || world.write(async |tx| tx.delete_bulk_roll_draft(&draft.id).await).await.expect("removed");
    assert_eq!([delete().await, delete().await], [true, false]);
    assert_eq!(rows(at(9)).await, []);
}

/// So that of two presses of its button one begins.
pub async fn a_dry_run_becomes_one_bulk_roll(store: Arc<dyn Store>) {
    let world = World::new(store);
    let draft = world.draft_id();
    let of_draft = |world: &World| BulkRollRecord { draft_id: Some(draft.clone()), ..new_bulk_roll(world) };
    let (first, second) = (of_draft(&world), of_draft(&world));
    world.write(async |tx| tx.insert_bulk_roll(&first, &[]).await).await.expect("stored");
    assert_failed(&world.write(async |tx| tx.insert_bulk_roll(&second, &[]).await).await);
}
