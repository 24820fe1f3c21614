//! The one test suite that every implementation of [`backend::store::Store`] must pass.
//!
//! Each contract point is one public function here; [`store_contract_tests!`] turns all of them into tests of the crate
//! that calls it, under their own names. They speak only through the port: what lives elsewhere is everything that is
//! particular to one database, such as breaking its constraints by hand, or opening one file twice.
//!
//! ```text
//! async fn new_store() -> store_contract::Fresh { … }
//!
//! store_contract::store_contract_tests!(new_store);
//! ```
#![expect(clippy::missing_panics_doc, reason = "a contract point panics exactly when the contract is broken")]

pub mod accounts;
pub mod activity;
pub mod admins;
pub mod audit;
pub mod bulk_rolls;
pub mod files;
pub mod installation_keys;
pub mod invitations;
pub mod key_changes;
pub mod model;
pub mod pairs;
pub mod people;
pub mod rolls;
pub mod search;
pub mod sessions;
pub mod throttle;
pub mod transactions;
pub mod upload_origins;
pub mod usage;
pub mod use_cases;
pub mod world;

use backend::store::Store;
use std::any::Any;
use std::sync::Arc;

/// A new, empty store, and whatever has to live as long as it does: a directory, a container.
pub struct Fresh {
    store: Arc<dyn Store>,
    _kept: Box<dyn Any + Send>,
}

impl Fresh {
    /// A store that needs `kept` to stay.
    pub fn new(store: Arc<dyn Store>, kept: impl Any + Send) -> Self {
        Self { store, _kept: Box::new(kept) }
    }

    /// The store.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }
}

/// Makes one test of each contract point. Takes the name of an `async fn() -> Fresh`.
///
/// The calling crate needs `tokio` with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! store_contract_tests {
    ($fresh:ident) => {
        $crate::store_contract_tests! {
            @of $fresh
            transactions {
                a_new_store_answers,
                a_dropped_transaction_leaves_nothing,
                an_uncommitted_change_is_seen_by_nobody_else,
                a_commit_is_seen_by_every_read_that_follows,
                writers_take_turns,
                a_second_installation_is_refused,
            }
            key_changes {
                everything_that_decides_whether_a_key_works_is_a_change,
                what_decides_nothing_is_no_change,
                an_undone_change_is_none,
                forgotten_changes_are_counted_on,
                the_working_pairs_are_read_page_by_page,
                a_dead_pair_is_found_by_its_id_only,
                a_process_that_shows_itself_is_not_forgotten,
            }
            accounts {
                an_account_is_read_back,
                an_unknown_account_is_not_found,
                a_taken_external_id_is_refused,
                an_account_added_twice_fails,
                an_account_is_disabled_and_enabled_again,
                disabling_an_unknown_account_fails,
                every_role_is_read_back,
                the_membership_found_is_the_first_joined,
                nobody_is_in_an_account_twice,
                a_membership_needs_its_person_and_its_account,
                an_account_is_found_by_its_external_id,
                members_are_listed_in_the_order_of_joining,
                a_member_is_given_another_role_and_taken_out,
                an_account_keeps_an_owner,
                of_two_owners_taken_out_at_once_one_stays,
                the_accounts_of_a_person_are_listed_in_the_order_of_joining,
            }
            search {
                accounts_are_found_by_what_their_name_begins_with,
                accounts_are_found_by_what_their_external_id_begins_with,
                accounts_are_found_by_what_a_members_address_begins_with,
                nothing_that_is_typed_has_a_meaning_of_its_own,
                an_account_is_found_once,
                pages_of_what_is_found_in_several_ways_are_whole,
                accounts_are_listed_newest_first_or_by_name,
                only_disabled_or_only_enabled_accounts_are_listed,
                accounts_with_equal_names_are_each_on_one_page,
                pages_stay_while_accounts_are_added,
                nothing_comes_after_an_account_that_is_not_there,
                a_listed_account_shows_its_first_owner,
            }
            admins {
                an_admin_is_read_back,
                admins_are_listed_in_the_order_of_becoming,
                nobody_is_an_admin_twice,
                an_admin_is_removed_once,
                an_admin_is_a_person,
                being_an_admin_changes_no_membership,
                a_failed_transaction_makes_no_admin_and_removes_none,
            }
            people {
                a_person_is_read_back_by_id_and_by_address,
                an_unknown_person_is_not_found,
                a_taken_address_is_refused,
                a_password_hash_is_replaced,
                setting_the_password_of_nobody_fails,
                a_password_link_is_used_once,
                a_password_link_survives_a_transaction_that_failed,
                a_new_password_link_replaces_the_one_before,
                an_unknown_password_link_is_not_found,
                a_transaction_sees_the_person_it_changed,
                an_address_is_replaced,
                an_address_changed_to_a_taken_one_is_refused,
                a_password_link_is_found_and_removed,
            }
            invitations {
                an_invitation_is_read_back,
                invitations_are_listed_newest_first,
                an_invitation_is_used_once,
                an_invitation_survives_a_transaction_that_failed,
                an_invitation_is_revoked_once,
                nothing_that_names_an_invitation_names_two,
                an_invitation_into_an_account_is_read_back,
                an_address_is_invited_into_an_account_once,
            }
            pairs {
                a_pair_is_read_back_with_every_end,
                a_branded_pair_is_read_back,
                a_second_active_pair_is_refused,
                an_end_makes_room_for_the_next_pair,
                an_end_taken_back_beside_an_active_pair_is_refused,
                an_end_is_never_taken_back,
                a_dead_pair_never_revives,
                a_scheduled_end_can_be_changed,
                ending_an_unknown_pair_fails,
                only_the_end_of_a_pair_changes,
                pairs_are_listed_newest_first,
                a_pair_needs_its_account,
                nothing_that_names_a_pair_names_two,
                a_digest_finds_its_pair_and_account,
                an_unknown_digest_finds_nothing,
                an_ended_pair_is_found_by_its_digest,
                a_pair_is_found_by_its_id_and_by_its_public_key,
                a_sealed_key_is_read_back,
                ended_keys_are_destroyed_and_their_digests_stay,
                pairs_to_settle_are_those_whose_end_is_reached,
            }
            installation_keys {
                an_installation_key_is_read_back,
                an_installation_key_is_found_by_any_of_its_digests,
                installation_keys_are_listed_newest_first,
                what_happens_to_an_installation_key_is_noted_there,
                an_installation_keys_end_is_never_taken_back,
                an_installation_key_that_is_not_there_or_there_already_fails,
            }
            rolls {
                a_roll_is_read_back,
                an_unknown_roll_is_not_found,
                the_latest_roll_is_the_last_one_made,
                a_submission_rolls_once,
                a_pair_is_rolled_once,
                a_roll_across_accounts_fails,
                of_many_rolls_at_once_one_wins,
                careless_rolls_at_once_are_refused_but_one,
            }
            bulk_rolls {
                a_bulk_roll_is_read_back,
                accounts_of_a_bulk_roll_are_done_one_after_the_other,
                what_came_of_an_account_is_noted_once,
                an_account_is_in_a_bulk_roll_once_with_a_pair_of_its_own,
                the_rows_of_a_bulk_roll_say_what_came_of_each_account,
                an_account_that_broke_is_tried_again_when_its_time_has_come,
                what_is_left_of_a_stopped_bulk_roll_stays,
                a_dry_run_is_read_back_with_its_accounts_as_they_are,
                a_dry_run_becomes_one_bulk_roll,
            }
            files {
                a_file_is_read_back_by_its_id_its_version_and_its_place,
                a_file_is_replaced_where_it_is,
                a_file_is_deleted_for_its_own_account_only,
                files_are_listed_as_asked,
                the_bytes_of_an_account_are_added_up,
                a_token_is_used_once_in_each_account,
                of_many_uses_of_one_token_at_once_one_wins,
                tokens_are_forgotten_at_their_expiry,
                a_pair_is_found_by_its_public_key_with_what_is_left_of_it,
            }
            upload_origins {
                origins_are_listed_in_the_order_of_coming,
                an_origin_is_listed_once,
                an_origin_is_removed_once,
            }
            usage {
                counts_of_the_same_are_added,
                a_batch_that_is_there_is_not_added_again,
                a_pair_that_is_not_there_is_left_out,
                counts_of_several_processes_are_added_up,
                callers_are_listed_the_last_seen_first,
                use_is_told_for_the_pairs_of_one_account,
                what_is_old_is_forgotten_a_few_rows_at_a_time,
                everything_can_be_forgotten,
                use_is_no_change_of_keys,
            }
            sessions {
                a_session_is_read_back_with_its_person,
                an_unknown_session_is_not_found,
                a_session_shows_the_first_account_joined,
                a_session_shows_the_account_chosen_as_long_as_its_person_is_in_it,
                a_session_of_somebody_in_no_account_shows_none,
                a_session_shows_whether_its_person_is_an_admin,
                an_admins_session_shows_the_first_account_joined,
                a_session_needs_its_person_and_its_own_secret,
                what_happens_in_a_session_is_noted_there,
                noting_something_in_an_ended_session_does_nothing,
                a_session_is_ended_once,
                all_sessions_of_a_person_are_ended,
                the_sessions_of_a_person_are_listed_last_used_first,
                a_session_is_ended_for_its_own_person_only,
                the_other_sessions_of_a_person_are_ended,
            }
            throttle {
                attempts_are_counted_bucket_by_bucket,
                a_window_that_is_over_begins_anew,
                a_clock_that_steps_back_begins_a_window_anew,
                attempts_are_forgotten_bucket_by_bucket,
                a_device_is_known_for_its_own_people,
                the_other_devices_of_a_person_are_forgotten,
                old_sessions_are_purged,
                expired_password_links_are_purged,
                expired_invitations_are_purged,
                old_attempts_are_purged,
                old_devices_are_purged,
                a_purge_keeps_people_accounts_and_pairs,
            }
            audit {
                an_event_is_read_back,
                events_are_listed_newest_first,
                events_are_listed_by_account,
                an_event_goes_with_the_change_it_describes,
                an_event_written_twice_fails,
            }
            activity {
                activity_is_filtered_as_the_rule_says,
                a_time_range_is_half_open_to_the_millisecond,
                pages_of_activity_stay_while_records_arrive,
                a_filtered_page_is_as_full_as_it_can_be,
                a_place_the_account_does_not_have_is_no_place,
                the_sightings_of_a_pair_are_listed_newest_first,
            }
        }
    };
    (@of $fresh:ident $($module:ident { $($name:ident,)* })*) => {
        $(mod $module {
            $(
                #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let fresh = super::$fresh().await;
                    $crate::$module::$name(fresh.store()).await;
                }
            )*
        })*
    };
}

#[cfg(test)]
mod tests {
    /// A contract point that is written and not listed would never run.
    #[test]
    fn every_contract_point_is_listed_once() {
        let listed = include_str!("lib.rs");
        for source in [
            include_str!("accounts.rs"),
            include_str!("activity.rs"),
            include_str!("admins.rs"),
            include_str!("audit.rs"),
            include_str!("bulk_rolls.rs"),
            include_str!("files.rs"),
            include_str!("installation_keys.rs"),
            include_str!("invitations.rs"),
            include_str!("key_changes.rs"),
            include_str!("pairs.rs"),
            include_str!("people.rs"),
            include_str!("rolls.rs"),
            include_str!("search.rs"),
            include_str!("sessions.rs"),
            include_str!("throttle.rs"),
            include_str!("transactions.rs"),
            include_str!("upload_origins.rs"),
            include_str!("usage.rs"),
        ] {
            for line in source.lines().filter_map(|line| line.strip_prefix("pub async fn ")) {
                let name = line.split('(').next().unwrap_or_default();
                let times = listed.lines().filter(|line| line.trim() == format!("{name},")).count();
                assert_eq!(times, 1, "{name}");
            }
        }
    }
}
