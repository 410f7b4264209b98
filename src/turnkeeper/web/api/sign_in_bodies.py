"""What the addresses of signing in take and tell."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from turnkeeper.model.people import Membership, Role, User
from turnkeeper.rules.signing_in import LONGEST_PASSWORD, email_in
from turnkeeper.web.api.refusals import Refusal, Wrong


def _email(text: str) -> str:
    found = email_in(text)
    if found is None:
        raise ValueError("is not an e-mail address")
    return found


def _name(text: str) -> str:
    found = " ".join(text.split())
    if not found or not found.isprintable():
        raise ValueError("is not a name that could be shown")
    return found


Email = Annotated[str, Field(max_length=250, examples=["ada@example.com"]), AfterValidator(_email)]
Name = Annotated[str, Field(min_length=1, max_length=100, examples=["Ada"]), AfterValidator(_name)]
Password = Annotated[str, Field(max_length=4 * LONGEST_PASSWORD)]
Token = Annotated[str, Field(min_length=10, max_length=200)]
Language = Literal["en", "id"]
_PASSWORDS = {
    "short": "is shorter than 10 characters",
    "long": f"is longer than {LONGEST_PASSWORD} characters",
    "email": "is your e-mail address",
}


class Given(BaseModel):
    """Every body of these addresses is taken as described, or not at all."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SignInBody(Given):
    """Who signs in."""

    email: Email
    password: Password


class LinkBody(Given):
    """The token of a link that works once."""

    token: Token


class FirstOwnerBody(LinkBody):
    """The first user of this server."""

    email: Email
    name: Name
    password: Password
    language: Language = "en"


class AcceptBody(LinkBody):
    """Somebody who is invited. Who is signed in with the invited e-mail leaves everything else out; who has a password
    already gives that one, and no name."""

    name: Name | None = None
    password: Password | None = None
    language: Language = "en"


class NewPasswordBody(LinkBody):
    """A new password, by a link."""

    password: Password


class PasswordChangeBody(Given):
    """A new password. `current` is left out by those who have none."""

    current: Password | None = None
    password: Password


class ProfileBody(Given):
    """What one is called, and in which language one reads."""

    name: Name
    language: Language


class UserBody(BaseModel):
    """A person."""

    id: str
    name: str
    email: str
    language: str


class HomeBody(BaseModel):
    """A workspace, and what one is there."""

    id: str
    name: str
    role: Role


class MeBody(BaseModel):
    """Who asks: a person (`user`) or a program (`token`, its name), and where they are members."""

    user: UserBody | None
    token: str | None = None
    workspaces: list[HomeBody]
    demo: bool = Field(description="This is `turnkeeper demo`, where everybody on this machine is signed in.")
    version: str
    has_password: bool = False
    creates_workspaces: bool = False


class WaysBody(BaseModel):
    """How one signs in here. `begun`: there is a user already; `provider`: what an identity provider is called, whose
    address is `/api/v1/sign-in/provider`."""

    begun: bool
    provider: str | None = None


class FoundLinkBody(BaseModel):
    """What a link is for. `known`: the e-mail is a user's already, who signs in with their password."""

    kind: Literal["first", "password", "invitation"]
    email: str | None = None
    workspace: str | None = None
    role: Role | None = None
    invited_by: str | None = None
    known: bool = False


class SignInListed(BaseModel):
    """A browser in which one is signed in."""

    id: str
    created_at: float
    seen_at: float
    address: str
    agent: str
    current: bool


class SignInList(BaseModel):
    """The browsers, last used first."""

    items: list[SignInListed]


class EndedBody(BaseModel):
    """How many sign-ins were ended."""

    ended: int


def user_body(user: User) -> UserBody:
    """A user as they are told."""
    return UserBody(id=user.id, name=user.name, email=user.email, language=user.language)


def home_body(membership: Membership) -> HomeBody:
    """Where somebody is a member."""
    workspace = membership.workspace
    return HomeBody(id=workspace.workspace_id, name=workspace.name, role=membership.role)


def insist_on(problem: str | None) -> None:
    """Raise Refusal for a password that is none."""
    if problem is not None:
        said = _PASSWORDS[problem]
        raise Refusal(422, f"the password {said}", [Wrong("password", said, level=problem)])
