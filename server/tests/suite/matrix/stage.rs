//! The installation in which every line of the matrix is played: two accounts, and everybody who may turn up.

use crate::world::{EMAIL, NOW, PASSWORD, World, bearer};
use backend::accounts::{CreatedAccount, NewAccount};
use backend::bulk_roll::BulkRollRequest;
use backend::keys::Rolled;
use backend::members::Invite;
use backend::store::{FileQuery, FileReads as _, Membership, PersonRecord, SessionRecord, Store as _};
use backend::{OsEntropy, RequestContext, Token, sessions};
use domain::{
    AccountId, BulkRollDraftId, BulkRollId, Email, ExpireOld, FileId, InvitationId, PairId, Password, Role, Scope,
    SessionId, SubmissionId, Timestamp, UserId,
};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    Nobody,
    Viewer,
    Developer,
    Owner,
    /// The owner of another account.
    Stranger,
    /// The owner, half an hour after they were last seen.
    Ended,
    /// An admin of the installation, who is also an owner of the stranger's account.
    Admin,
    /// A system of the company: no cookie, but an installation key with every scope.
    System,
}

impl Caller {
    /// In the order of the columns of `expected.txt`.
    pub const ALL: [Self; 8] = [
        Self::Nobody,
        Self::Viewer,
        Self::Developer,
        Self::Owner,
        Self::Stranger,
        Self::Ended,
        Self::Admin,
        Self::System,
    ];
}

/// The things of an account that a request can name.
#[derive(Debug, Clone)]
pub struct Named {
    pub account: String,
    /// The account's owner.
    pub person: String,
    pub active: String,
    pub expiring: String,
    /// A session of the account's owner on another device.
    pub session: String,
    /// Somebody else in the account, who is not among the callers.
    pub member: String,
    /// An open invitation into it.
    pub invitation: String,
    /// A private file of the account.
    pub file: String,
    /// An origin whose pages may upload into it.
    pub origin: String,
}

/// An account of the installation.
pub struct Account {
    pub id: AccountId,
    pub named: Named,
    /// What nobody else may be shown.
    pub own: Vec<String>,
}

/// The installation, ready to be copied.
pub struct Stage {
    variables: Vec<(&'static str, &'static str)>,
    template: TempDir,
    pub public_url: &'static str,
    pub ours: Account,
    pub theirs: Account,
    /// Well-formed names of nothing.
    pub missing: Named,
    /// The private key of our active pair.
    pub key: String,
    /// The secret of a one-time link of our owner.
    pub link: String,
    /// The secret of an invitation for anybody.
    pub invitation: String,
    pub submission: String,
    /// A dry run of the admin's, of our account.
    pub draft: BulkRollDraftId,
    /// A bulk roll that waits to be gone on with.
    pub bulk_roll: BulkRollId,
    /// The system's installation key.
    pub installation_key: String,
    sessions: Vec<(Caller, Token)>,
    /// The sessions that can be named, of our owner and of the stranger; and the admin's on another device.
    elsewhere: [Token; 3],
    people: Vec<Email>,
}

impl Stage {
    pub async fn set(public_url: &'static str) -> Self {
        let variables = vec![("LATCHKEY_PUBLIC_URL", public_url)];
        let world = World::with(&variables).await;
        let owner = create(&world, EMAIL, Some(PASSWORD)).await;
        let stranger = create(&world, "bob@example.org", None).await;
        let (mut ours, key) = account(&world, &owner, EMAIL).await;
        let (mut theirs, their_key) = account(&world, &stranger, "bob@example.org").await;
        let developer = join(&world, "dev@example.org", &ours.id, Role::Developer).await;
        let viewer = join(&world, "view@example.org", &ours.id, Role::Viewer).await;
        let admin = join(&world, "root@example.org", &theirs.id, Role::Owner).await;
        ours.named.member = join(&world, "kim@example.org", &ours.id, Role::Viewer).await.to_string();
        theirs.named.member = join(&world, "lee@example.org", &theirs.id, Role::Viewer).await.to_string();
        ours.named.invitation = invite(&world, &ours.id, "eve@example.org").await;
        theirs.named.invitation = invite(&world, &theirs.id, "eve@example.org").await;
        world.backend.create_admin(&World::operator(), "root@example.org", None).await.unwrap();
        let system = world.backend.create_installation_key(&World::operator(), "billing", &Scope::ALL).await.unwrap();
        // That a key is in use is noted now and then: here, and not when the first line is played.
        world.backend.authenticate_installation(system.key.expose(), None).await.unwrap();
        let now = Timestamp::from_millis(NOW);
        let half_an_hour_ago = now.minus(sessions::IDLE);
        let sessions = vec![
            (Caller::Viewer, open_session(&world, &viewer, now).await.1),
            (Caller::Developer, open_session(&world, &developer, now).await.1),
            (Caller::Owner, open_session(&world, &owner.user_id, now).await.1),
            (Caller::Stranger, open_session(&world, &stranger.user_id, now).await.1),
            (Caller::Ended, open_session(&world, &owner.user_id, half_an_hour_ago).await.1),
            (Caller::Admin, open_session(&world, &admin, now).await.1),
        ];
        let (our_session, our_token) = open_session(&world, &owner.user_id, now).await;
        let (their_session, their_token) = open_session(&world, &stranger.user_id, now).await;
        let (_, admin_token) = open_session(&world, &admin, now).await;
        ours.named.session = our_session.to_string();
        theirs.named.session = their_session.to_string();
        ours.named.file = upload(&world, &mut ours, &key, "ours.txt").await;
        theirs.named.file = upload(&world, &mut theirs, &their_key, "theirs.txt").await;
        for (account, name) in [(&mut ours, "ours"), (&mut theirs, "theirs")] {
            account.named.origin = format!("https://{name}.example");
            // Named by nobody, so shown to nobody else.
            account.own.push(format!("https://www.{name}.example"));
            for origin in [&account.named.origin, account.own.last().unwrap()] {
                world.backend.add_upload_origin(&World::operator(), &account.id, origin).await.unwrap();
            }
        }
        let missing_session = SessionId::mint(now, &OsEntropy).to_string();
        let invitation = world.backend.create_invitation(&World::operator(), None).await.unwrap().link;
        let link = world.backend.create_password_link(&World::operator(), EMAIL).await.unwrap();
        let missing = PairId::mint(now, &OsEntropy).to_string();
        let admins = RequestContext {
            caller: backend::Caller::Person(world.backend.find_signed_in(&admin_token).await.unwrap().unwrap()),
            ..World::operator()
        };
        let admins = admins.as_admin().unwrap();
        let draft = world.backend.draft_bulk_roll(&admins, ours.id.as_str()).await.unwrap();
        let request = BulkRollRequest {
            accounts: vec![(theirs.id.clone(), theirs.named.active.parse().unwrap())],
            expire_old: ExpireOld::Immediately,
            reason: "leaked".to_owned(),
            message: None,
            password: None,
        };
        let bulk_roll = world.backend.begin_bulk_roll(&admins, request).await.unwrap().id;
        // Or every installation made from this one would wait for an instance that is no more.
        world.backend.leave_instances().await.unwrap();
        world.store.close().await;
        Self {
            variables,
            public_url,
            ours,
            theirs,
            missing: Named {
                account: AccountId::mint(now, &OsEntropy).to_string(),
                person: UserId::mint(now, &OsEntropy).to_string(),
                active: missing.clone(),
                expiring: missing,
                session: missing_session,
                member: UserId::mint(now, &OsEntropy).to_string(),
                invitation: InvitationId::mint(now, &OsEntropy).to_string(),
                file: FileId::mint(&OsEntropy).to_string(),
                origin: "https://nobodys.example".to_owned(),
            },
            key,
            link: link.expose(),
            invitation: invitation.expose(),
            submission: SubmissionId::mint(now, &OsEntropy).to_string(),
            installation_key: system.key.expose().to_owned(),
            draft,
            bulk_roll,
            sessions,
            elsewhere: [our_token, their_token, admin_token],
            people: [
                EMAIL,
                "bob@example.org",
                "dev@example.org",
                "view@example.org",
                "root@example.org",
                "new@example.org",
            ]
            .map(|email| Email::parse(email).unwrap())
            .into(),
            template: world.directory,
        }
    }

    pub fn https(&self) -> bool {
        self.public_url.starts_with("https:")
    }

    /// The installation as it was set, to be changed by whoever likes.
    pub async fn world(&self) -> World {
        let directory = tempfile::tempdir().unwrap();
        std::fs::copy(self.template.path().join("latchkey.db"), directory.path().join("latchkey.db")).unwrap();
        copy(&self.template.path().join("files"), &directory.path().join("files"));
        let world = World::within(directory, &self.variables).await;
        let site = world.directory.path().join("site");
        std::fs::write(site.join("favicon.svg"), "<svg/>").unwrap();
        std::fs::write(site.join("pkg/latchkey.js"), "let plain;").unwrap();
        world
    }

    /// The secret in the caller's cookie.
    pub fn secret(&self, caller: Caller) -> Option<String> {
        self.sessions.iter().find(|(whose, _)| *whose == caller).map(|(_, token)| token.expose())
    }

    /// Everything a request may change, without the audit trail, as text.
    pub async fn facts(&self, world: &World) -> String {
        let mut facts = Vec::new();
        for account in [&self.ours.id, &self.theirs.id] {
            facts.push(format!("{:?}", world.store.find_account(account).await.unwrap()));
            facts.push(format!("{:?}", world.store.list_pairs(account).await.unwrap()));
            facts.push(format!("{:?}", world.store.find_latest_roll(account).await.unwrap()));
            facts.push(format!("{:?}", world.store.list_members(account).await.unwrap()));
            facts.push(format!("{:?}", world.store.list_invitations_into(account).await.unwrap()));
            let all = FileQuery { limit: 100, ..FileQuery::default() };
            facts.push(format!("{:?}", world.store.list_upload_origins(account).await.unwrap()));
            facts.push(format!("files: {:?}", world.store.list_files(account, &all).await.unwrap()));
        }
        for token in self.sessions.iter().map(|(_, token)| token).chain(&self.elsewhere) {
            facts.push(format!("{:?}", world.store.find_session(&token.digest()).await.unwrap()));
        }
        for email in &self.people {
            facts.push(format!("{:?}", world.store.find_person_by_email(email).await.unwrap()));
        }
        facts.push(format!("{:?}", world.store.list_bulk_rolls(9).await.unwrap()));
        facts.push(format!("{:?}", world.store.find_bulk_roll_draft(&self.draft).await.unwrap()));
        facts.join("\n")
    }
}

/// The bytes of the database and of its log: equal before and after if nothing was written.
pub fn files(world: &World) -> Vec<u8> {
    let path = |name: &str| -> PathBuf { world.directory.path().join(name) };
    let read = |name: &str| std::fs::read(path(name)).unwrap_or_default();
    [read("latchkey.db"), read("latchkey.db-wal")].concat()
}

async fn create(world: &World, email: &str, password: Option<&str>) -> CreatedAccount {
    let new = NewAccount {
        email: email.to_owned(),
        name: format!("The account of {email}"),
        external_id: None,
        password: password.map(|password| Password::new(password.to_owned())),
    };
    world.backend.create_account(&World::operator(), new).await.unwrap()
}

/// Rolls the account's first pair, so that it has one that expires beside the active one.
async fn account(world: &World, created: &CreatedAccount, email: &str) -> (Account, String) {
    let Rolled::Done { new, old } = world.roll(&created.account_id, ExpireOld::In24Hours).await else {
        panic!("rolled");
    };
    let own = vec![
        created.account_id.to_string(),
        format!("The account of {email}"),
        new.pair.public_key.to_string(),
        old.public_key.to_string(),
    ];
    let named = Named {
        account: created.account_id.to_string(),
        person: created.user_id.to_string(),
        active: new.pair.id.to_string(),
        expiring: old.id.to_string(),
        session: String::new(),
        member: String::new(),
        invitation: String::new(),
        file: String::new(),
        origin: String::new(),
    };
    (Account { id: created.account_id.clone(), named, own }, new.private_key.expose().to_owned())
}

/// A private file of the account, whose name nobody else may be shown. Answers its id.
async fn upload(world: &World, account: &mut Account, key: &str, name: &str) -> String {
    let field =
        |name: &str, value: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let fields = [("fileName", name), ("useUniqueFileName", "false"), ("isPrivateFile", "true")];
    let fields = fields.map(|(name, value)| field(name, value)).concat();
    let file = "Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhello\r\n";
    let body = format!("{fields}--x\r\n{file}--x--\r\n");
    let authorization = bearer(key);
    let headers = [("authorization", authorization.as_str()), ("content-type", "multipart/form-data; boundary=x")];
    let answer = world.send("POST", "/api/v1/files/upload", &headers, &body).await;
    account.own.push(name.to_owned());
    answer.json()["fileId"].as_str().expect("a file").to_owned()
}

/// A folder and everything in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

async fn join(world: &World, email: &str, account: &AccountId, role: Role) -> UserId {
    let now = Timestamp::from_millis(NOW);
    let id = UserId::mint(now, &OsEntropy);
    let person =
        PersonRecord { id: id.clone(), email: Email::parse(email).unwrap(), password_hash: None, created_at: now };
    let membership = Membership { account_id: account.clone(), user_id: id.clone(), role };
    let mut tx = world.store.begin_write().await.unwrap();
    tx.insert_person(&person).await.unwrap();
    tx.insert_membership(&membership, world.backend.now()).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Somebody invited into the account by an operator: the invitation's id.
async fn invite(world: &World, account: &AccountId, email: &str) -> String {
    let invite = Invite { account_id: account.clone(), email: email.to_owned(), role: Role::Developer, password: None };
    world.backend.invite(&World::operator(), invite).await.unwrap().invitation.id.to_string()
}

/// A session as a sign-in opens one, without the work of hashing a password.
async fn open_session(world: &World, person: &UserId, at: Timestamp) -> (SessionId, Token) {
    let token = Token::mint(&OsEntropy);
    let session = SessionRecord {
        id: SessionId::mint(at, &OsEntropy),
        token_digest: token.digest(),
        user_id: person.clone(),
        created_at: at,
        last_used_at: at,
        password_at: at,
        address: None,
        user_agent: None,
    };
    let mut tx = world.store.begin_write().await.unwrap();
    tx.insert_session(&session).await.unwrap();
    tx.commit().await.unwrap();
    (session.id, token)
}
