//! The members of an account, and the account a person acts in.

use super::{Installation, Owner, PASSWORD, password, person, refusal, stranger};
use backend::accounts::NewAccount;
use backend::invitations::INVITATION_LIFE;
use backend::members::{Invite, MOST_INVITATIONS, RoleChange};
use backend::sessions::STEP_UP;
use backend::sign_in::SignedInSession;
use backend::store::Store;
use backend::{Backend, Policy, RequestContext, SignUp};
use domain::audit::{Act, Actor, Detail, Target};
use domain::{AccountId, Refusal, Role, UserId};
use std::sync::Arc;

/// Somebody in an account, by a session that outlives what is done to them.
struct Member {
    opened: SignedInSession,
    context: RequestContext,
    id: UserId,
}

impl Member {
    /// Their next request.
    async fn now(&self, here: &Installation) -> RequestContext {
        here.context_of(&self.opened).await
    }
}

fn operator() -> RequestContext {
    RequestContext::operator("op".to_owned(), "req".to_owned())
}

fn invite_of(account: &AccountId, email: &str, role: Role) -> Invite {
    Invite { account_id: account.clone(), email: email.to_owned(), role, password: None }
}

async fn invite(here: &Installation, owner: &Owner, email: &str, role: Role) -> String {
    let invited = here.backend.invite(&owner.context, invite_of(&owner.account, email, role)).await;
    invited.expect("invites").link.expose()
}

async fn set_role(
    backend: &Backend,
    by: &RequestContext,
    account: &AccountId,
    whom: &UserId,
    role: Role,
) -> Option<Refusal> {
    let change = RoleChange { account_id: account.clone(), user_id: whom.clone(), role, password: None };
    refusal(backend.change_role(by, change).await)
}

async fn remove(backend: &Backend, by: &RequestContext, account: &AccountId, whom: &UserId) -> Option<Refusal> {
    refusal(backend.remove_member(by, account, whom, None).await)
}

/// Somebody new in the owner's account.
async fn joined(here: &Installation, owner: &Owner, email: &str, role: Role) -> Member {
    let secret = invite(here, owner, email, role).await;
    let opened = here.backend.join_new(&stranger(), &secret, password(PASSWORD)).await.expect("joins");
    let context = here.context_of(&opened).await;
    Member { id: person(&context).user_id.clone(), context, opened }
}

async fn roles(here: &Installation, account: &AccountId) -> Vec<(String, Role)> {
    let members = here.store.list_members(account).await.expect("reads");
    members.into_iter().map(|member| (member.email.to_string(), member.role)).collect()
}

fn seat(context: &RequestContext) -> Option<(AccountId, Role)> {
    person(context).seat.clone().map(|seat| (seat.account_id, seat.role))
}

/// With a click, by a session of their own; which then acts there. On record from the invitation on.
pub async fn an_owner_invites_and_the_person_with_that_address_joins(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let (ada, ben) = (here.owner("ada@example.org").await, here.owner("ben@example.org").await);
    let made = here.backend.invite(&ada.context, invite_of(&ada.account, " Ben@Example.org ", Role::Developer)).await;
    let made = made.expect("invites");
    assert_eq!(made.invitation.expires_at, here.backend.now().plus(INVITATION_LIFE));
    let secret = made.link.expose();
    let shown = here.backend.find_invitation_into(&secret).await.expect("opens");
    assert_eq!((shown.email.as_str(), shown.role), ("ben@example.org", Role::Developer));
    assert_eq!(
        (shown.account_name.as_str(), shown.invitation.created_by.as_str()),
        ("ada@example.org", "ada@example.org")
    );
    let open = async || here.backend.list_members(&ada.context, &ada.account).await.expect("lists").invitations;
    assert_eq!(open().await, std::slice::from_ref(&made.invitation));
    // Looking at it, however often, uses nothing up.
    here.backend.open_invitation(&stranger(), &secret).await.expect("opens");
    assert_eq!(roles(&here, &ada.account).await, [("ada@example.org".to_owned(), Role::Owner)]);

    let opened = here.backend.sign_in(&stranger(), "ben@example.org", password(PASSWORD)).await.expect("signs in");
    let context = here.context_of(&opened).await;
    assert_eq!(here.backend.join(&context, &secret).await.expect("joins"), ada.account);
    let context = here.context_of(&opened).await;
    assert_eq!(seat(&context), Some((ada.account.clone(), Role::Developer)));
    // Their other sessions stay where they are.
    assert_eq!(seat(&ben.context), Some((ben.account.clone(), Role::Owner)));
    assert_eq!(open().await, []);
    let members = here.backend.list_members(&context, &ada.account).await.expect("lists").members;
    assert_eq!(members[1].joined_at, here.backend.now());
    here.backend.reveal(&context, &ada.account, None, None).await.expect("reveals");

    let invited = &here.records(Act::MemberInvite).await[0];
    assert_eq!(invited.account_id.as_ref(), Some(&ada.account));
    let detail = Detail::MemberInvited {
        email: "ben@example.org".to_owned(),
        role: Role::Developer,
        expires_at: made.invitation.expires_at,
    };
    assert_eq!(invited.detail, Some(detail));
    let came = &here.records(Act::MemberJoin).await[0];
    let ben_id = person(&ben.context).user_id.clone();
    assert_eq!(came.account_id.as_ref(), Some(&ada.account));
    assert_eq!(came.actor, Actor::Person { id: ben_id.clone(), name: "ben@example.org".to_owned() });
    assert_eq!(came.targets, [Target::Person(ben_id), Target::Invitation(made.invitation.id)]);
}

/// They get a password and a session, and no account of their own.
pub async fn somebody_new_joins_where_sign_up_is_closed(store: Arc<dyn Store>) {
    let policy = Policy { sign_up: SignUp::Closed, ..Policy::default() };
    let here = Installation::with_policy(store, policy);
    let ada = here.owner("ada@example.org").await;
    let eve = joined(&here, &ada, "eve@example.org", Role::Viewer).await;
    assert_eq!(seat(&eve.context), Some((ada.account.clone(), Role::Viewer)));
    assert_eq!(here.backend.list_own_accounts(&eve.context).await.expect("lists").len(), 1);
    assert_eq!(here.records(Act::AccountCreate).await.len(), 1);
    here.backend.sign_in(&stranger(), "eve@example.org", password(PASSWORD)).await.expect("signs in");
    // A password that is easy to guess is refused as at sign-up, and leaves the invitation as it was.
    let secret = invite(&here, &ada, "joe@example.org", Role::Viewer).await;
    let set = async |text| refusal(here.backend.join_new(&stranger(), &secret, password(text)).await);
    assert_eq!(set("short").await, Some(Refusal::PasswordTooShort));
    assert_eq!(set("joe@example.org joe").await, Some(Refusal::PasswordCommon));
    assert_eq!(set(PASSWORD).await, None);
}

/// Somebody signed in as somebody else is told so, and the owner reads it.
pub async fn an_invitation_into_an_account_is_for_its_address_only(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let (ada, ben) = (here.owner("ada@example.org").await, here.owner("ben@example.org").await);
    let secret = invite(&here, &ada, "eve@example.org", Role::Owner).await;
    assert_eq!(refusal(here.backend.join(&ben.context, &secret).await), Some(Refusal::InvitationForAnother));
    assert_eq!(roles(&here, &ada.account).await.len(), 1);
    let refused = &here.records(Act::MemberJoinRefused).await[0];
    assert_eq!(refused.account_id.as_ref(), Some(&ada.account));
    assert_eq!(refused.detail, Some(Detail::Refusal { code: Refusal::InvitationForAnother }));
    // By the address they have now, not by the one they had when the page was drawn.
    here.backend.change_email(&ben.context, password(PASSWORD), "eve@example.org").await.expect("changes");
    assert_eq!(refusal(here.backend.join(&ben.context, &secret).await), None);
    assert_eq!(refusal(here.backend.join(&stranger(), &secret).await), Some(Refusal::SignedOut));
}

/// Whoever holds a link to somebody else's address gets neither their password nor their account by it.
pub async fn an_invitation_never_takes_a_person_over(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let (mallory, ben) = (here.owner("mallory@example.org").await, here.owner("ben@example.org").await);
    let secret = invite(&here, &mallory, "ben@example.org", Role::Viewer).await;
    let taken = here.backend.join_new(&stranger(), &secret, password("another umbrella 9 plover")).await;
    assert_eq!(refusal(taken), Some(Refusal::EmailTaken));
    assert_eq!(roles(&here, &mallory.account).await.len(), 1);
    assert_eq!(roles(&here, &ben.account).await, [("ben@example.org".to_owned(), Role::Owner)]);
    here.backend.sign_in(&stranger(), "ben@example.org", password(PASSWORD)).await.expect("the same password");
    // Nor does it make an account, whoever signs up with it.
    let new = NewAccount {
        email: "ben2@example.org".to_owned(),
        name: String::new(),
        external_id: None,
        password: Some(password(PASSWORD)),
    };
    let signed_up = here.backend.sign_up_invited(&stranger(), &secret, new).await;
    assert_eq!(refusal(signed_up), Some(Refusal::InvitationInvalid));
}

/// Used, revoked, too old, made up, or of another kind: one answer.
pub async fn every_dead_invitation_into_an_account_answers_alike(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let (ada, ben) = (here.owner("ada@example.org").await, here.owner("ben@example.org").await);
    let of_another_kind = here.backend.create_invitation(&operator(), None).await.expect("makes").link.expose();
    let used = invite(&here, &ada, "joe@example.org", Role::Viewer).await;
    here.backend.join_new(&stranger(), &used, password(PASSWORD)).await.expect("joins");
    let revoked = invite(&here, &ada, "ben@example.org", Role::Viewer).await;
    let open = here.store.list_invitations_into(&ada.account).await.expect("reads");
    let revoke = async |account, by: &RequestContext| {
        refusal(here.backend.revoke_invitation_into(by, account, &open[0].id).await)
    };
    assert_eq!(revoke(&ben.account, &ben.context).await, Some(Refusal::NotFound), "not one of theirs");
    assert_eq!(revoke(&ada.account, &ben.context).await, Some(Refusal::NotFound));
    assert_eq!(revoke(&ada.account, &ada.context).await, None);
    assert_eq!(revoke(&ada.account, &ada.context).await, Some(Refusal::NotFound));
    assert_eq!(here.records(Act::MemberInviteRevoke).await.len(), 1);
    let old = invite(&here, &ada, "ben@example.org", Role::Viewer).await;
    here.pass(INVITATION_LIFE);
    for dead in [&used, &revoked, &old, &of_another_kind, &"A".repeat(43), "", "no code"] {
        let answers = [
            refusal(here.backend.join(&ben.context, dead).await),
            refusal(here.backend.join_new(&stranger(), dead, password(PASSWORD)).await),
            refusal(here.backend.find_invitation_into(dead).await),
        ];
        assert_eq!(answers, [Some(Refusal::InvitationInvalid); 3], "{dead:?}");
    }
    assert_eq!(here.backend.list_members(&ada.context, &ada.account).await.expect("lists").invitations, []);
}

/// The second invitation of an address takes the place of the first; a member needs none; and there is an end to it.
pub async fn an_address_is_invited_once_and_a_member_never(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let first = invite(&here, &ada, "eve@example.org", Role::Owner).await;
    let second = invite(&here, &ada, "eve@example.org", Role::Viewer).await;
    assert_eq!(refusal(here.backend.find_invitation_into(&first).await), Some(Refusal::InvitationInvalid));
    let eve = here.backend.join_new(&stranger(), &second, password(PASSWORD)).await.expect("joins");
    assert_eq!(seat(&here.context_of(&eve).await), Some((ada.account.clone(), Role::Viewer)));
    let invite_again = async |email: String| {
        refusal(here.backend.invite(&ada.context, invite_of(&ada.account, &email, Role::Viewer)).await)
    };
    assert_eq!(invite_again("eve@example.org".to_owned()).await, Some(Refusal::MemberAlready));
    assert_eq!(invite_again("nobody".to_owned()).await, Some(Refusal::EmailInvalid));
    for nth in 0..MOST_INVITATIONS {
        assert_eq!(invite_again(format!("p{nth}@example.org")).await, None);
    }
    assert_eq!(invite_again("more@example.org".to_owned()).await, Some(Refusal::TooManyInvitations));
    assert!(Refusal::TooManyInvitations.sentence().contains(&MOST_INVITATIONS.to_string()));
    assert_eq!(invite_again("p3@example.org".to_owned()).await, None, "one in another's place");
    here.set_clock(here.backend.now().plus(INVITATION_LIFE));
    let ada = here.fresh(&ada);
    let more = here.backend.invite(&ada.context, invite_of(&ada.account, "more@example.org", Role::Viewer)).await;
    assert_eq!(refusal(more), None, "those too old do not count");
}

/// With their role, with their membership; whoever else invited keeps theirs, an operator too.
pub async fn invitations_fall_with_their_inviters_right(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    for goes in [false, true] {
        let ada = here.owner(&format!("ada-{goes}@example.org")).await;
        let ben = joined(&here, &ada, &format!("ben-{goes}@example.org"), Role::Owner).await;
        let email = |name: &str| format!("{name}-{goes}@example.org");
        let by_ben = here.backend.invite(&ben.context, invite_of(&ada.account, &email("eve"), Role::Owner)).await;
        let by_ben = by_ben.expect("invites").link.expose();
        invite(&here, &ada, &email("joe"), Role::Viewer).await;
        let by_operator = invite_of(&ada.account, &email("kim"), Role::Viewer);
        here.backend.invite(&operator(), by_operator).await.expect("invites");
        let done = if goes {
            remove(&here.backend, &ada.context, &ada.account, &ben.id).await
        } else {
            set_role(&here.backend, &ada.context, &ada.account, &ben.id, Role::Developer).await
        };
        assert_eq!(done, None);
        assert_eq!(refusal(here.backend.find_invitation_into(&by_ben).await), Some(Refusal::InvitationInvalid));
        let left = here.store.list_invitations_into(&ada.account).await.expect("reads");
        let left: Vec<_> = left.iter().map(|left| left.created_by.as_str()).collect();
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(left.contains(&"op") && left.contains(&ada.email.as_str()), "{left:?}");
        let records = here.records(Act::MemberInviteRevoke).await;
        assert_eq!(records.iter().filter(|record| record.account_id.as_ref() == Some(&ada.account)).count(), 1);
    }
}

/// Developers and viewers see the members and may no more; for everybody else there are none to see.
pub async fn nobody_but_an_owner_manages_members(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let (ada, other) = (here.owner("ada@example.org").await, here.owner("other@example.org").await);
    let developer = joined(&here, &ada, "dev@example.org", Role::Developer).await;
    let viewer = joined(&here, &ada, "viewer@example.org", Role::Viewer).await;
    invite(&here, &ada, "eve@example.org", Role::Viewer).await;
    let invitation = here.store.list_invitations_into(&ada.account).await.expect("reads")[0].id.clone();
    let ada_id = person(&ada.context).user_id.clone();
    for (by, expected) in [
        (&developer.context, Refusal::NotAllowed),
        (&viewer.context, Refusal::NotAllowed),
        (&other.context, Refusal::NotFound),
        (&stranger(), Refusal::SignedOut),
    ] {
        let answers = [
            refusal(here.backend.invite(by, invite_of(&ada.account, "x@example.org", Role::Viewer)).await),
            refusal(here.backend.revoke_invitation_into(by, &ada.account, &invitation).await),
            set_role(&here.backend, by, &ada.account, &ada_id, Role::Viewer).await,
            remove(&here.backend, by, &ada.account, &ada_id).await,
        ];
        assert_eq!(answers, [Some(expected); 4], "{expected:?}");
        let seen = here.backend.list_members(by, &ada.account).await;
        if expected == Refusal::NotAllowed {
            let seen = seen.expect("lists");
            assert_eq!((seen.members.len(), seen.invitations.len()), (3, 0));
        } else {
            assert_eq!(refusal(seen), Some(expected));
        }
    }
    assert_eq!(roles(&here, &ada.account).await.len(), 3);
    // On record in the account for its members; a stranger's attempt names neither it nor its people.
    for act in
        [Act::MemberInviteRefused, Act::MemberRoleRefused, Act::MemberRemoveRefused, Act::MemberInviteRevokeRefused]
    {
        let records = here.records(act).await;
        let filed: Vec<_> = records.iter().map(|record| record.account_id.is_some()).collect();
        assert_eq!(filed, [false, true, true], "{act:?}");
        assert!(records[0].targets.is_empty());
    }
}

/// As reveal and roll do. A wrong one changes nothing.
pub async fn managing_members_asks_for_the_password_when_it_is_due(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let eve = joined(&here, &ada, "eve@example.org", Role::Viewer).await;
    here.pass(STEP_UP);
    let given = |text: Option<&str>| text.map(password);
    let all = async |text: Option<&str>| {
        let invite = Invite { password: given(text), ..invite_of(&ada.account, "x@example.org", Role::Viewer) };
        let change = RoleChange {
            account_id: ada.account.clone(),
            user_id: eve.id.clone(),
            role: Role::Developer,
            password: given(text),
        };
        [
            refusal(here.backend.invite(&ada.context, invite).await),
            refusal(here.backend.change_role(&ada.context, change).await),
            refusal(here.backend.remove_member(&ada.context, &ada.account, &eve.id, given(text).as_ref()).await),
            refusal(here.backend.remove_member(&eve.context, &ada.account, &eve.id, given(text).as_ref()).await),
        ]
    };
    assert_eq!(all(None).await, [Some(Refusal::StepUpDue); 4]);
    assert_eq!(all(Some("not my password at all")).await, [Some(Refusal::PasswordWrong); 4]);
    assert_eq!(roles(&here, &ada.account).await[1].1, Role::Viewer);
    // The last of them is gone by then.
    assert_eq!(all(Some(PASSWORD)).await, [None, None, None, Some(Refusal::NotFound)]);
}

/// Neither by themselves, nor by an operator; once there is another owner they may.
pub async fn the_last_owner_neither_leaves_nor_becomes_less(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let id = person(&ada.context).user_id.clone();
    let eve = joined(&here, &ada, "eve@example.org", Role::Developer).await;
    let (backend, account) = (&here.backend, &ada.account);
    for by in [&ada.context, &operator()] {
        assert_eq!(remove(backend, by, account, &id).await, Some(Refusal::LastOwner));
        for role in [Role::Developer, Role::Viewer] {
            assert_eq!(set_role(backend, by, account, &id, role).await, Some(Refusal::LastOwner));
        }
    }
    assert_eq!(set_role(backend, &ada.context, account, &id, Role::Owner).await, Some(Refusal::RoleUnchanged));
    assert_eq!(set_role(backend, &ada.context, account, &eve.id, Role::Owner).await, None);
    assert_eq!(set_role(backend, &ada.context, account, &id, Role::Viewer).await, None);
    let opened = backend.sign_in(&stranger(), "ada@example.org", password(PASSWORD)).await.expect("signs in");
    let ada_now = here.context_of(&opened).await;
    // Whoever is less may still leave, and is not asked for the right to remove others.
    assert_eq!(remove(backend, &ada_now, account, &id).await, None);
    assert_eq!(roles(&here, account).await, [("eve@example.org".to_owned(), Role::Owner)]);
    assert_eq!(here.records(Act::MemberRemove).await.len(), 1);
}

/// Whichever is first wins, however often it is tried; never none, never both.
pub async fn of_two_owners_removing_each_other_at_once_one_wins(store: Arc<dyn Store>) {
    at_once(store, |backend, by, account, whom| async move { remove(&backend, &by, &account, &whom).await }).await;
}

/// The same with demotions.
pub async fn of_two_owners_demoting_each_other_at_once_one_wins(store: Arc<dyn Store>) {
    at_once(
        store,
        |backend, by, account, whom| async move { set_role(&backend, &by, &account, &whom, Role::Viewer).await },
    )
    .await;
}

async fn at_once<F>(store: Arc<dyn Store>, act: fn(Backend, RequestContext, AccountId, UserId) -> F)
where
    F: Future<Output = Option<Refusal>> + Send + 'static,
{
    let here = Installation::new(store);
    for round in 0..10 {
        let ada = here.owner(&format!("ada{round}@example.org")).await;
        let ada_id = person(&ada.context).user_id.clone();
        let ben = joined(&here, &ada, &format!("ben{round}@example.org"), Role::Owner).await;
        let acts = [(ada.context.clone(), ben.id.clone()), (ben.context.clone(), ada_id)];
        let acts = acts.map(|(by, whom)| tokio::spawn(act(here.backend.clone(), by, ada.account.clone(), whom)));
        let mut answers = Vec::new();
        for act in acts {
            answers.push(act.await.expect("joins"));
        }
        let won = answers.iter().filter(|answer| answer.is_none()).count();
        assert_eq!(won, 1, "{answers:?}");
        let left = roles(&here, &ada.account).await;
        assert_eq!(left.iter().filter(|(_, role)| *role == Role::Owner).count(), 1, "{left:?}");
    }
}

/// What they sent before they knew is refused too: nothing is decided on what was so when the request came in.
pub async fn an_owner_removed_meanwhile_manages_nothing(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let (ben, kim) = (
        joined(&here, &ada, "ben@example.org", Role::Owner).await,
        joined(&here, &ada, "kim@example.org", Role::Owner).await,
    );
    assert_eq!(remove(&here.backend, &ada.context, &ada.account, &ben.id).await, None);
    let invited = here.backend.invite(&ben.context, invite_of(&ada.account, "x@example.org", Role::Owner)).await;
    assert_eq!(refusal(invited), Some(Refusal::NotFound));
    assert_eq!(remove(&here.backend, &ben.context, &ada.account, &kim.id).await, Some(Refusal::NotFound));
    assert_eq!(set_role(&here.backend, &ada.context, &ada.account, &kim.id, Role::Developer).await, None);
    let ada_id = person(&ada.context).user_id.clone();
    let demote = set_role(&here.backend, &kim.context, &ada.account, &ada_id, Role::Viewer).await;
    assert_eq!(demote, Some(Refusal::NotAllowed));
    assert_eq!(roles(&here, &ada.account).await.len(), 2);
}

/// Not at their next sign-in: at their next request, in the session they have.
pub async fn a_change_of_role_or_removal_counts_from_the_next_request_on(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let eve = joined(&here, &ada, "eve@example.org", Role::Developer).await;
    here.backend.reveal(&eve.context, &ada.account, None, None).await.expect("reveals");
    assert_eq!(set_role(&here.backend, &ada.context, &ada.account, &eve.id, Role::Viewer).await, None);
    let context = eve.now(&here).await;
    let revealed = here.backend.reveal(&context, &ada.account, None, None).await;
    assert_eq!(refusal(revealed), Some(Refusal::NotAllowed));
    assert_eq!(remove(&here.backend, &ada.context, &ada.account, &eve.id).await, None);
    let context = eve.now(&here).await;
    assert_eq!(seat(&context), None);
    assert_eq!(refusal(here.backend.list_keys(&context, &ada.account).await), Some(Refusal::NotFound));
}

/// The session remembers it, and only that session. Other accounts answer like missing ones, whichever they are.
pub async fn a_session_goes_on_in_the_account_chosen(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let (ada, ben) = (here.owner("ada@example.org").await, here.owner("ben@example.org").await);
    let eve = joined(&here, &ada, "eve@example.org", Role::Viewer).await;
    let secret = invite(&here, &ben, "eve@example.org", Role::Developer).await;
    let other = here.backend.sign_in(&stranger(), "eve@example.org", password(PASSWORD)).await.expect("signs in");
    here.backend.join(&eve.context, &secret).await.expect("joins");
    assert_eq!(seat(&eve.now(&here).await), Some((ben.account.clone(), Role::Developer)));
    assert_eq!(seat(&here.context_of(&other).await), Some((ada.account.clone(), Role::Viewer)));
    let own = here.backend.list_own_accounts(&eve.context).await.expect("lists");
    let own: Vec<_> = own.iter().map(|own| (&own.account.id, own.role)).collect();
    assert_eq!(own, [(&ada.account, Role::Viewer), (&ben.account, Role::Developer)]);

    // A page of the one account names its things to a session that is in the other: they are not there.
    let context = eve.now(&here).await;
    assert_eq!(refusal(here.backend.list_keys(&context, &ada.account).await), Some(Refusal::NotFound));
    assert_eq!(refusal(here.backend.switch_account(&context, &ada.account).await), None);
    assert_eq!(seat(&eve.now(&here).await), Some((ada.account.clone(), Role::Viewer)));
    let kim = here.owner("kim@example.org").await;
    for account in [&kim.account, &"acct_00000000000000000000000009".parse().expect("an id")] {
        assert_eq!(refusal(here.backend.switch_account(&context, account).await), Some(Refusal::NotFound));
    }
    assert_eq!(here.records(Act::SessionSwitch).await.len(), 1);

    // Removed from the account they are in, they are in the one that is left.
    assert_eq!(remove(&here.backend, &ada.context, &ada.account, &eve.id).await, None);
    assert_eq!(seat(&eve.now(&here).await), Some((ben.account.clone(), Role::Developer)));
    here.backend.sign_out(&eve.context).await.expect("signs out");
    let ended = here.backend.switch_account(&context, &ben.account).await;
    assert_eq!(refusal(ended), Some(Refusal::SignedOut));
}

/// They are still a person: they sign in, change their password, and can be invited again.
pub async fn somebody_in_no_account_is_still_somebody(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let eve = joined(&here, &ada, "eve@example.org", Role::Viewer).await;
    assert_eq!(remove(&here.backend, &eve.context, &ada.account, &eve.id).await, None);
    let opened = here.backend.sign_in(&stranger(), "eve@example.org", password(PASSWORD)).await.expect("signs in");
    let context = here.context_of(&opened).await;
    assert_eq!((seat(&context), person(&context).admin), (None, false));
    assert_eq!(here.backend.list_own_accounts(&context).await.expect("lists"), []);
    assert_eq!(here.backend.list_sessions(&context).await.expect("lists").account_name, None);
    let changed = "another umbrella 9 plover";
    here.backend.change_password(&context, password(PASSWORD), password(changed)).await.expect("changes");
    let secret = invite(&here, &ada, "eve@example.org", Role::Owner).await;
    assert_eq!(
        refusal(here.backend.join_new(&stranger(), &secret, password(PASSWORD)).await),
        Some(Refusal::EmailTaken)
    );
    here.backend.join(&context, &secret).await.expect("joins");
    assert_eq!(seat(&here.context_of(&opened).await), Some((ada.account, Role::Owner)));
}

/// Of any number of clicks one makes the member.
pub async fn of_many_uses_of_one_invitation_into_an_account_one_wins(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let (ada, ben) = (here.owner("ada@example.org").await, here.owner("ben@example.org").await);
    let secret = invite(&here, &ada, "ben@example.org", Role::Viewer).await;
    let clicks: Vec<_> = (0..20)
        .map(|_| {
            let (backend, context, secret) = (here.backend.clone(), ben.context.clone(), secret.clone());
            tokio::spawn(async move { refusal(backend.join(&context, &secret).await) })
        })
        .collect();
    let mut won = 0;
    for click in clicks {
        match click.await.expect("joins") {
            None => won += 1,
            Some(other) => assert_eq!(other, Refusal::InvitationInvalid),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(roles(&here, &ada.account).await.len(), 2);
    assert_eq!(here.records(Act::MemberJoin).await.len(), 1);
}

/// The whole of it, from the command line's use cases; on record as what they are.
pub async fn an_operator_manages_members(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let by = operator();
    let made = here.backend.invite(&by, invite_of(&ada.account, "eve@example.org", Role::Viewer)).await;
    let made = made.expect("invites");
    assert_eq!(made.invitation.created_by, "op");
    assert_eq!(here.backend.list_invitations(&by).await.expect("lists"), [], "those are to sign up");
    assert_eq!(here.backend.list_members(&by, &ada.account).await.expect("lists").invitations, [made.invitation]);
    let eve = here.backend.join_new(&stranger(), &made.link.expose(), password(PASSWORD)).await.expect("joins");
    let eve = person(&here.context_of(&eve).await).user_id.clone();
    assert_eq!(set_role(&here.backend, &by, &ada.account, &eve, Role::Developer).await, None);
    assert_eq!(remove(&here.backend, &by, &ada.account, &eve).await, None);
    assert_eq!(remove(&here.backend, &by, &ada.account, &eve).await, Some(Refusal::NotFound));
    for act in [Act::MemberInvite, Act::MemberRole, Act::MemberRemove] {
        let records = here.records(act).await;
        assert_eq!(records[0].actor, Actor::Operator { name: "op".to_owned() });
        assert_eq!(records[0].account_id.as_ref(), Some(&ada.account));
    }
    let nowhere: AccountId = "acct_00000000000000000000000009".parse().expect("an id");
    assert_eq!(refusal(here.backend.list_members(&by, &nowhere).await), Some(Refusal::NotFound));
    let invited = here.backend.invite(&by, invite_of(&nowhere, "eve@example.org", Role::Viewer)).await;
    assert_eq!(refusal(invited), Some(Refusal::NotFound));
    // An admin of the installation looks and does not touch.
    here.backend.create_admin(&by, "ada@example.org", None).await.expect("makes");
    let admin = here.backend.sign_in(&stranger(), "ada@example.org", password(PASSWORD)).await.expect("signs in");
    let admin = here.context_of(&admin).await.as_admin().expect("an admin");
    let other = here.owner("other@example.org").await;
    here.backend.list_members(&admin, &other.account).await.expect("lists");
    let invited = here.backend.invite(&admin, invite_of(&other.account, "eve@example.org", Role::Viewer)).await;
    assert_eq!(refusal(invited), Some(Refusal::NotAllowed));
}

/// Disabling is about keys: people come and go as before, and an owner can take somebody out in a hurry.
pub async fn the_members_of_a_disabled_account_are_managed_as_before(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let eve = joined(&here, &ada, "eve@example.org", Role::Developer).await;
    let by = operator();
    here.backend.set_account_disabled(&by, &ada.account, true, "unpaid", None).await.expect("disables");
    assert_eq!(remove(&here.backend, &ada.context, &ada.account, &eve.id).await, None);
    let secret = invite(&here, &ada, "eve@example.org", Role::Viewer).await;
    here.backend.join(&eve.now(&here).await, &secret).await.expect("joins");
}
