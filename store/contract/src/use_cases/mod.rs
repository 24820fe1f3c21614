//! The product's use cases on a real database, with a clock that tests set and randomness that repeats.
//!
//! They live beside the contract so that every store runs them: a use case that works on one database and not on
//! another is a broken contract too.

pub mod activity;
pub mod admins;
pub mod authenticating;
pub mod broken_off;
pub mod bulk_rolls;
pub mod changing;
pub mod invitations;
pub mod keys;
pub mod members;
pub mod own_sessions;
pub mod passwords;
pub mod rolling;
pub mod signing_in;
pub mod systems;
pub mod throttling;
pub mod upload_origins;
pub mod using;
pub mod verifying;

use crate::world::{Counting, NOW};
use backend::accounts::{CreatedAccount, NewAccount};
use backend::keys::{RollRequest, Rolled};
use backend::seal::Sealer;
use backend::sign_in::SignedInSession;
use backend::store::Store;
use backend::{Backend, Caller, Clock, Error, Policy, RequestContext, SignedIn, Token};
use domain::audit::{Act, Event};
use domain::{AccountId, Duration, Email, ExpireOld, PairId, Password, Refusal, SubmissionId, Timestamp};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// A password that passes every rule.
pub const PASSWORD: &str = "plover sextant umbrella 9";

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct SetClock {
    now: AtomicI64,
    uptime_millis: AtomicU64,
}

impl SetClock {
    /// A clock that shows an instant.
    pub const fn at(now: Timestamp) -> Self {
        Self { now: AtomicI64::new(now.as_millis()), uptime_millis: AtomicU64::new(0) }
    }

    /// Sets it, forward or back.
    pub fn set(&self, now: Timestamp) {
        self.now.store(now.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::SeqCst))
    }

    fn uptime(&self) -> std::time::Duration {
        std::time::Duration::from_millis(self.uptime_millis.load(Ordering::SeqCst))
    }
}

/// A backend on a fresh store, with its clock in hand.
#[derive(Clone)]
pub struct Installation {
    /// The use cases.
    pub backend: Backend,
    /// The store beneath.
    pub store: Arc<dyn Store>,
    clock: Arc<SetClock>,
}

/// An account with its owner signed in.
#[derive(Debug, Clone)]
pub struct Owner {
    /// Whose requests these are.
    pub context: RequestContext,
    /// The account.
    pub account: AccountId,
    /// Its first pair.
    pub pair: PairId,
    /// Its first private key.
    pub key: String,
    /// The owner's address.
    pub email: String,
}

impl Installation {
    /// One with the default policy.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self::with_policy(store, Policy::default())
    }

    /// One whose operator decided differently.
    pub fn with_policy(store: Arc<dyn Store>, policy: Policy) -> Self {
        let clock = Arc::new(SetClock::at(NOW));
        let entropy = Arc::new(Counting::default());
        let sealer = Sealer::ephemeral(entropy.as_ref()).expect("derives");
        let shared: Arc<dyn Clock> = Arc::<SetClock>::clone(&clock);
        Self { backend: Backend::new(Arc::clone(&store), shared, entropy, sealer, policy), store, clock }
    }

    /// Another process on the same database and with the same master key: a command beside a server, say.
    #[must_use]
    pub fn beside(&self) -> Self {
        // What one of them mints no other one does.
        static PROCESSES: AtomicU64 = AtomicU64::new(1);

        let sealer = Sealer::ephemeral(&Counting::default()).expect("derives");
        let clock = Arc::new(SetClock::at(self.clock.now()));
        let shared: Arc<dyn Clock> = Arc::<SetClock>::clone(&clock);
        let entropy = Arc::new(Counting::from(PROCESSES.fetch_add(1, Ordering::Relaxed) << 40));
        let backend = Backend::new(Arc::clone(&self.store), shared, entropy, sealer, self.backend.policy().clone());
        Self { backend, store: Arc::clone(&self.store), clock }
    }

    /// Lets the machine run for a while without the clock on its wall.
    pub fn run_for(&self, time: std::time::Duration) {
        self.clock.uptime_millis.fetch_add(u64::try_from(time.as_millis()).expect("short"), Ordering::SeqCst);
    }

    /// Sets the clock.
    pub fn set_clock(&self, now: Timestamp) {
        self.clock.set(now);
    }

    /// Lets time pass.
    pub fn pass(&self, span: Duration) {
        self.set_clock(self.backend.now().plus(span));
    }

    /// Has keys checked from memory from now on, as the process that serves does, which follows every moment.
    pub async fn follow(&self) {
        self.backend.join_instances().await;
        self.backend.follow().await.expect("follows");
    }

    /// Makes an account by the command line's use case and signs its owner in.
    pub async fn owner(&self, email: &str) -> Owner {
        let operator = RequestContext::operator("op".to_owned(), "req_operator".to_owned());
        let new = NewAccount {
            email: email.to_owned(),
            name: String::new(),
            external_id: None,
            password: Some(password(PASSWORD)),
        };
        let CreatedAccount { account_id, first_pair, .. } =
            self.backend.create_account(&operator, new).await.expect("creates");
        let opened = self.backend.sign_in(&stranger(), email, password(PASSWORD)).await.expect("signs in");
        Owner {
            context: self.context_of(&opened).await,
            account: account_id,
            pair: first_pair.pair.id,
            key: first_pair.private_key.expose().to_owned(),
            email: email.to_owned(),
        }
    }

    /// The context of requests made with a session just opened.
    pub async fn context_of(&self, opened: &SignedInSession) -> RequestContext {
        let person = self.backend.find_signed_in(&opened.session).await.expect("reads").expect("lives");
        RequestContext { caller: Caller::Person(person), ..stranger() }
    }

    /// The same person's context as the middleware would make it now: with what the store says of the session.
    pub async fn refreshed(&self, owner: &Owner, opened: &SignedInSession) -> Owner {
        Owner { context: self.context_of(opened).await, ..owner.clone() }
    }

    /// The same owner, who has just given their password.
    pub fn fresh(&self, owner: &Owner) -> Owner {
        let given = SignedIn { password_at: self.backend.now(), ..person(&owner.context).clone() };
        Owner { context: RequestContext { caller: Caller::Person(given), ..owner.context.clone() }, ..owner.clone() }
    }

    /// Rolls the owner's pair.
    pub async fn roll(&self, owner: &Owner, pair: &PairId, expire_old: ExpireOld) -> backend::Result<Rolled> {
        self.backend.roll(&owner.context, self.request(owner, pair, expire_old)).await
    }

    /// A roll as a fresh press of the button.
    pub fn request(&self, owner: &Owner, pair: &PairId, expire_old: ExpireOld) -> RollRequest {
        RollRequest {
            account_id: owner.account.clone(),
            pair_id: Some(pair.clone()),
            expire_old,
            reason: None,
            message: None,
            submission_id: self.backend.mint_submission(),
            password: None,
        }
    }

    /// A one-time link to set a password, made by an operator: its secret.
    pub async fn password_link(&self, email: &str) -> String {
        let operator = RequestContext::operator("op".to_owned(), "req_operator".to_owned());
        self.backend.create_password_link(&operator, email).await.expect("makes").expose()
    }

    /// Which of the devices are known for the person.
    pub async fn knows<const N: usize>(&self, email: &str, devices: [&Token; N]) -> [bool; N] {
        let email = Email::parse(email).expect("an address");
        let mut known = [false; N];
        for (known, device) in known.iter_mut().zip(devices) {
            *known = self.store.knows_device(&device.digest(), &email).await.expect("reads");
        }
        known
    }

    /// The audit records of one act, newest first.
    pub async fn records(&self, act: Act) -> Vec<Event> {
        let events = self.store.list_events(None, 1_000).await.expect("reads");
        events.into_iter().filter(|event| event.act == act).collect()
    }
}

/// Somebody nobody knows.
pub fn stranger() -> RequestContext {
    RequestContext {
        caller: Caller::Anonymous,
        address: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))),
        user_agent: Some("Contract/1".to_owned()),
        request_id: "req_contract".to_owned(),
        device: None,
    }
}

/// What somebody typed.
pub fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

/// The refusal in an answer, or nothing. A fault fails the test.
pub fn refusal<T>(answer: backend::Result<T>) -> Option<Refusal> {
    match answer {
        Ok(_) => None,
        Err(Error::Refused(refusal)) => Some(refusal),
        Err(Error::Fault(fault)) => panic!("a fault: {}", fault.chain()),
    }
}

/// The new pair and its key, of a roll that happened.
pub fn done(rolled: backend::Result<Rolled>) -> (PairId, String) {
    match rolled {
        Ok(Rolled::Done { new, .. }) => (new.pair.id, new.private_key.expose().to_owned()),
        other => panic!("not rolled: {other:?}"),
    }
}

/// The signed-in person of a context.
pub fn person(context: &RequestContext) -> &SignedIn {
    context.person().expect("signed in")
}

/// A submission like any other.
pub fn submission(installation: &Installation) -> SubmissionId {
    installation.backend.mint_submission()
}

/// Makes one test of each use case. Takes the name of an `async fn() -> Fresh`.
#[macro_export]
macro_rules! use_case_tests {
    ($fresh:ident) => {
        $crate::use_case_tests! {
            @of $fresh
            signing_in {
                signing_up_makes_person_account_owner_pair_and_session_at_once,
                a_sign_up_with_a_taken_address_leaves_nothing,
                a_closed_installation_refuses_sign_up,
                a_bad_name_address_or_password_is_refused_by_its_own_code,
                whoever_fails_to_sign_in_gets_the_same_answer,
                every_sign_in_and_every_failure_leaves_one_record,
                guesses_beyond_the_limit_are_not_evaluated,
                parallel_guesses_do_not_slip_through,
                a_known_device_gets_in_while_a_stranger_guesses,
                a_session_ends_when_idle_and_after_twelve_hours,
                a_session_signed_out_is_over,
            }
            throttling {
                of_500_guesses_at_one_person_ten_are_looked_at,
                of_500_guesses_from_one_address_a_hundred_are_looked_at,
                of_500_guesses_in_a_session_ten_are_looked_at,
                of_500_sign_ups_from_one_address_fifty_succeed,
            }
            passwords {
                a_one_time_link_sets_a_password_once,
                a_one_time_link_is_dead_after_an_hour,
                a_refused_password_leaves_the_link_as_it_was,
                setting_a_password_ends_every_session,
                a_password_set_by_link_is_none_of_the_persons_own_words,
                of_many_uses_of_one_link_at_once_one_wins,
                setting_a_password_forgets_the_other_devices,
                the_password_is_due_five_minutes_after_it_was_given,
                a_wrong_password_is_refused_and_recorded,
                wrong_passwords_in_a_session_are_limited,
            }
            own_sessions {
                a_person_sees_their_own_sessions_that_live,
                a_session_ended_from_another_one_is_over,
                somebody_elses_session_answers_like_a_missing_one,
                all_other_sessions_end_at_once,
                ending_ones_own_session_signs_out,
                ending_other_sessions_asks_for_the_password_when_it_is_due,
            }
            changing {
                a_person_changes_their_password,
                a_change_asks_for_the_password_always,
                a_new_password_is_held_to_the_rules_of_sign_up,
                a_change_closes_every_other_door,
                guesses_in_a_change_count_as_sign_ins_do,
                the_right_password_forgets_the_guesses_before_it,
                of_two_changes_at_once_one_wins,
                a_sign_in_under_way_does_not_outlive_a_change,
                a_change_in_an_ended_session_changes_nothing,
                a_person_changes_their_address,
                an_address_that_cannot_be_taken_is_refused,
                addresses_are_not_tried_without_end,
            }
            invitations {
                an_invitation_makes_one_account,
                every_dead_invitation_answers_alike,
                an_invitation_is_dead_after_seven_days,
                an_invitation_for_an_address_is_for_nobody_else,
                a_refused_sign_up_leaves_the_invitation_as_it_was,
                of_many_uses_of_one_invitation_at_once_one_wins,
                an_invitation_opens_nothing_where_sign_up_is_closed,
                codes_are_not_tried_without_end,
                an_operator_makes_lists_and_revokes_invitations,
                nobody_but_an_operator_invites,
            }
            members {
                an_owner_invites_and_the_person_with_that_address_joins,
                somebody_new_joins_where_sign_up_is_closed,
                an_invitation_into_an_account_is_for_its_address_only,
                an_invitation_never_takes_a_person_over,
                every_dead_invitation_into_an_account_answers_alike,
                an_address_is_invited_once_and_a_member_never,
                invitations_fall_with_their_inviters_right,
                nobody_but_an_owner_manages_members,
                managing_members_asks_for_the_password_when_it_is_due,
                the_last_owner_neither_leaves_nor_becomes_less,
                of_two_owners_removing_each_other_at_once_one_wins,
                of_two_owners_demoting_each_other_at_once_one_wins,
                an_owner_removed_meanwhile_manages_nothing,
                a_change_of_role_or_removal_counts_from_the_next_request_on,
                a_session_goes_on_in_the_account_chosen,
                somebody_in_no_account_is_still_somebody,
                of_many_uses_of_one_invitation_into_an_account_one_wins,
                an_operator_manages_members,
                the_members_of_a_disabled_account_are_managed_as_before,
            }
            keys {
                revealing_answers_the_key_and_leaves_one_record,
                a_stranger_account_answers_like_a_missing_one,
                a_viewer_sees_pairs_and_changes_nothing,
                an_expiring_pair_is_revealed_and_an_ended_one_is_not,
                expire_now_ends_an_expiring_pair_once,
                the_active_pair_cannot_be_expired,
                the_sweep_destroys_ended_keys_and_expired_stays_different_from_unknown,
                a_refused_act_is_recorded_in_a_transaction_of_its_own,
                once_refused_as_ended_no_clock_revives_a_pair,
            }
            rolling {
                a_roll_with_an_overlap_leaves_both_pairs_working,
                a_roll_immediately_ends_the_old_pair_at_once,
                durations_count_from_the_commit,
                a_pair_rolled_before_is_refused,
                a_retry_gets_the_roll_that_happened_and_no_key,
                a_submission_for_another_pair_is_refused,
                a_sixth_working_pair_is_refused_unless_immediately,
                a_roll_into_the_place_of_an_expired_pair_keeps_that_pair_dead,
                a_roll_leaves_one_record_with_both_pairs,
                of_fifty_rolls_at_once_one_wins,
                fifty_retries_at_once_roll_once,
            }
            authenticating {
                a_key_identifies_its_account,
                what_is_no_key_is_refused_without_the_database,
                the_old_key_stops_at_the_very_millisecond,
                once_told_expired_no_clock_revives_a_pair,
                once_listed_as_expired_no_clock_revives_a_pair,
                a_revoked_key_is_refused_whatever_the_clock_says,
                a_disabled_account_has_its_own_answer,
            }
            broken_off {
                what_somebody_was_told_of_a_key_holds_everywhere,
            }
            verifying {
                memory_and_database_give_the_same_answers,
                what_a_process_changes_itself_it_knows_at_once,
                what_a_command_has_ended_no_server_accepts,
                what_a_page_shows_as_dead_no_server_accepts,
                a_silent_server_is_waited_for_until_its_lease_is_over,
                an_index_is_not_asked_after_its_lease,
                who_looks_and_does_not_say_that_it_lives_asks_the_database,
                a_server_that_is_over_is_waited_for_by_nobody,
                who_has_missed_changes_reads_everything_anew,
                a_key_made_by_another_process_works_before_it_is_followed,
            }
            activity {
                an_owner_reads_what_happened_in_their_account,
                a_developer_reads_activity_and_a_viewer_does_not,
                activity_of_a_strange_account_answers_like_a_missing_one,
                an_owner_turns_pages_while_records_arrive,
                a_page_newer_than_nothing_is_the_first,
                an_export_holds_each_record_once_and_begins_with_its_own,
                a_refused_export_is_on_record,
            }
            admins {
                an_operator_makes_lists_and_removes_admins,
                nobody_but_an_admin_acts_on_other_accounts,
                an_admin_may_what_the_table_says,
                an_admin_rolls_for_an_account_and_the_owner_reads_why,
                of_two_admins_rolling_the_same_account_one_wins,
                an_admin_gives_their_password_again,
                a_disabled_accounts_keys_stop_and_come_back,
                an_admin_ends_a_persons_sessions,
                a_leaked_key_is_identified_in_every_state,
                what_is_no_leaked_key_says_what_it_looks_like,
                an_installation_key_in_hand_is_told_apart_from_a_private_key,
                accounts_are_listed_a_page_at_a_time,
                an_admin_removed_is_a_member_like_any_other,
            }
            bulk_rolls {
                a_plan_says_what_would_happen_to_each_account,
                a_plan_with_private_keys_is_on_record_and_changes_nothing,
                each_account_of_a_bulk_roll_is_rolled_once,
                several_go_on_with_one_bulk_roll_at_once,
                a_pair_rolled_since_the_plan_is_not_rolled_again,
                an_account_that_cannot_be_rolled_is_reported,
                a_bulk_roll_needs_a_reason_accounts_and_a_password,
                nobody_but_an_admin_rolls_many_accounts,
                a_dry_run_says_what_would_happen_and_keeps_no_line,
                a_dry_run_confirmed_twice_begins_once,
                a_refused_confirmation_keeps_what_was_entered,
                a_stopped_bulk_roll_rolls_nobody_any_more,
                more_lines_than_are_taken_are_refused,
                programs_authenticate_while_many_accounts_are_rolled,
            }
            systems {
                an_operator_makes_lists_rolls_and_revokes_installation_keys,
                nobody_but_an_operator_handles_installation_keys,
                an_installation_key_works_until_its_end,
                keys_of_accounts_and_of_systems_do_not_stand_in_for_each_other,
                the_last_use_of_an_installation_key_is_noted_to_the_hour,
                a_system_may_what_its_scopes_say,
                an_account_is_provisioned_once_for_each_external_id,
                what_a_systems_key_is_not_for_is_on_record,
                of_twenty_provisionings_at_once_one_makes_the_account,
                a_system_disables_an_account_once,
                a_system_rolls_and_the_owner_reads_why,
            }
            upload_origins {
                an_owner_lists_origins_and_removes_them,
                an_origin_that_cannot_be_listed_is_refused_with_what_to_do,
                of_two_removals_at_once_neither_empties_the_list_unasked,
                of_many_origins_at_once_no_more_are_listed_than_may_be,
                who_may_choose_the_origins_is_as_the_table_says,
                a_pair_that_works_and_was_seen_is_exposed,
                exposed_pairs_are_for_those_who_read_the_activity,
            }
            using {
                an_owner_reads_when_and_how_often_pairs_were_used,
                callers_are_for_those_who_read_the_activity,
                thousands_of_callers_are_counted_and_listed_in_pages,
                use_is_kept_for_as_many_days_as_the_operator_says,
                an_operator_who_does_not_want_it_has_nothing_counted,
            }
        }
    };
    (@of $fresh:ident $($module:ident { $($name:ident,)* })*) => {
        mod use_cases {
            $(mod $module {
                $(
                    #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $name() {
                        let fresh = super::super::$fresh().await;
                        $crate::use_cases::$module::$name(fresh.store()).await;
                    }
                )*
            })*
        }
    };
}

#[cfg(test)]
mod tests {
    /// A use case that is written and not listed would never run.
    #[test]
    fn every_use_case_is_listed_once() {
        let listed = include_str!("mod.rs");
        for source in [
            include_str!("activity.rs"),
            include_str!("admins.rs"),
            include_str!("authenticating.rs"),
            include_str!("bulk_rolls.rs"),
            include_str!("changing.rs"),
            include_str!("invitations.rs"),
            include_str!("keys.rs"),
            include_str!("members.rs"),
            include_str!("own_sessions.rs"),
            include_str!("passwords.rs"),
            include_str!("rolling.rs"),
            include_str!("signing_in.rs"),
            include_str!("systems.rs"),
            include_str!("throttling.rs"),
            include_str!("upload_origins.rs"),
            include_str!("using.rs"),
            include_str!("verifying.rs"),
            include_str!("broken_off.rs"),
        ] {
            for line in source.lines().filter_map(|line| line.strip_prefix("pub async fn ")) {
                let name = line.split('(').next().unwrap_or_default();
                let times = listed.lines().filter(|line| line.trim() == format!("{name},")).count();
                assert_eq!(times, 1, "{name}");
            }
        }
    }
}
