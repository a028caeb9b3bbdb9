"""Signing in and out: by password and code, or at a provider; a first password; an authenticator."""

from http import HTTPStatus
from urllib.parse import urlsplit

import segno
from starlette.responses import RedirectResponse, Response

from kem.access.v1 import access_service_pb2 as messages
from kernel.errors import KemError, Unavailable
from services.console.adapters.catalogue import STAFF_LANGUAGES
from services.console.adapters.hub import ask
from services.console.entrypoints.cookies import Cookies
from services.console.entrypoints.page import EVERYBODY, Page, Visit
from services.console.entrypoints.refusals import words_for
from services.console.entrypoints.sessions import Sessions

HOME = "/home"
_BOTH = ("GET", "POST")


class SignInPages:
    """The pages, with what they keep: cookies and sessions.

    Args:
        url: by which browsers know the console; identity providers send them back there.
    """

    def __init__(self, sessions: Sessions, cookies: Cookies, url: str) -> None:
        self._sessions = sessions
        self._cookies = cookies
        self._url = url

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        service = "SignInService/"
        return (
            Page(
                "/sign-in",
                self.sign_in,
                EVERYBODY,
                (service + "SignIn", service + "ListProviders"),
                _BOTH,
                STAFF_LANGUAGES,
            ),
            Page("/sign-in/at/{provider}", self.begin, EVERYBODY, (service + "BeginSignIn",)),
            Page("/signed-in", self.finish, EVERYBODY, (service + "FinishSignIn",)),
            Page("/signed-in/{provider}", self.finish, EVERYBODY, (service + "FinishSignIn",)),
            Page("/password", self.change_password, EVERYBODY, (service + "ChangePassword",), _BOTH),
            Page(
                "/authenticator",
                self.enrol,
                EVERYBODY,
                (service + "BeginEnrolment", service + "ConfirmEnrolment"),
                _BOTH,
            ),
            Page("/sign-out", self.sign_out, EVERYBODY, (service + "SignOut",), _BOTH),
        )

    async def sign_in(self, visit: Visit) -> Response:
        """By login, password and code."""
        if not visit.is_sent:
            if visit.user is not None:
                return visit.go(HOME)
            return await self._sign_in_form(visit)
        request = messages.SignInRequest(credentials=self._credentials(visit))
        self._need(visit, login=visit.say("Type your login."), password=visit.say("Type your password."))
        if visit.errors:
            return await self._sign_in_form(visit, HTTPStatus.BAD_REQUEST)
        try:
            answer = await ask(visit.hub.sign_in.SignIn, request)
        except KemError as error:
            if error.stable_reason == "PASSWORD_MUST_BE_CHANGED":
                return visit.render(
                    "sign_in/password.html", title=visit.say("Choose your password"), is_first=True
                )
            visit.errors.add("login", str(words_for(error, visit.language)))
            return await self._sign_in_form(visit, _code_of(error))
        return self._begun(visit, answer.session, visit.form.text("next"))

    async def begin(self, visit: Visit) -> Response:
        """On to an identity provider."""
        provider = visit.path_value("provider")
        request = messages.BeginSignInRequest(provider=provider, redirect_uri=self._redirect_uri(provider))
        begun = await ask(visit.hub.sign_in.BeginSignIn, request)
        onward = RedirectResponse(begun.authorization_url, HTTPStatus.SEE_OTHER)
        return self._cookies.keep_under_way(onward, begun.browser_token)

    async def finish(self, visit: Visit) -> Response:
        """Back from an identity provider."""
        provider = str(visit.request.path_params.get("provider", ""))
        request = messages.FinishSignInRequest(
            state=visit.query("state"),
            code=visit.query("code"),
            browser_token=self._cookies.under_way_of(visit.request),
            issuer=visit.query("iss"),
            redirect_uri=self._redirect_uri(provider),
        )
        if not (request.state and request.code and request.browser_token):
            visit.errors.add("login", visit.say("The sign-in there was not finished. You can try again."))
            return await self._sign_in_form(visit, HTTPStatus.BAD_REQUEST)
        try:
            answer = await ask(visit.hub.sign_in.FinishSignIn, request)
        except KemError as error:
            visit.errors.add("login", str(words_for(error, visit.language)))
            return await self._sign_in_form(visit, _code_of(error))
        return self._begun(visit, answer.session)

    async def change_password(self, visit: Visit) -> Response:
        """From a one-time password, or any other, to one's own."""
        title = visit.say("Choose your password")
        if not visit.is_sent:
            return visit.render("sign_in/password.html", title=title, is_first=False)
        form = visit.form
        self._need(
            visit,
            login=visit.say("Type your login."),
            password=visit.say("Type the password that you have now."),
            new_password=visit.say("Type a new password of at least 12 characters."),
        )
        if form.secret("new_password") != form.secret("again"):
            visit.errors.add("again", visit.say("The two new passwords differ. Type the same one twice."))
        if not visit.errors:
            request = messages.ChangePasswordRequest(
                credentials=self._credentials(visit), new_password=form.secret("new_password")
            )
            try:
                await ask(visit.hub.sign_in.ChangePassword, request)
            except KemError as error:
                at = "new_password" if error.stable_reason.startswith("PASSWORD_") else "password"
                visit.errors.add(at, str(words_for(error, visit.language)))
            else:
                return visit.go("/sign-in", "password-changed")
        return visit.render(
            "sign_in/password.html",
            title=title,
            code=HTTPStatus.BAD_REQUEST,
            is_first=form.has("is_first"),
        )

    async def enrol(self, visit: Visit) -> Response:
        """An authenticator: first its secret as a picture, then its first code."""
        title = visit.say("Set up your authenticator")
        if not visit.is_sent:
            return visit.render("sign_in/authenticator.html", title=title, picture="", secret="")
        credentials, form = self._credentials(visit), visit.form
        self._need(visit, login=visit.say("Type your login."), password=visit.say("Type your password."))
        is_second_step = form.has("new_code")
        if is_second_step:
            self._need(visit, new_code=visit.say("Type the six digits that the app shows."))
        picture = secret = ""
        if not visit.errors:
            try:
                if is_second_step:
                    confirm = messages.ConfirmEnrolmentRequest(
                        credentials=credentials, new_code=form.digits("new_code")
                    )
                    answer = await ask(visit.hub.sign_in.ConfirmEnrolment, confirm)
                    return self._begun(visit, answer.session, said="authenticator-set")
                begin = messages.BeginEnrolmentRequest(credentials=credentials)
                uri = (await ask(visit.hub.sign_in.BeginEnrolment, begin)).otpauth_uri
                picture, secret = segno.make(uri, error="m").svg_data_uri(scale=5), _secret_in(uri)
            except KemError as error:
                at = "new_code" if is_second_step else "password"
                visit.errors.add(at, str(words_for(error, visit.language)))
        return visit.render(
            "sign_in/authenticator.html",
            title=title,
            code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
            picture=picture,
            secret=secret,
            is_second_step=is_second_step or bool(picture),
        )

    async def sign_out(self, visit: Visit) -> Response:
        """Here, or everywhere; asked for by a form, so that no link of another site does it."""
        token = self._cookies.session_of(visit.request)
        if not visit.is_sent:
            return visit.render("sign_in/sign_out.html", title=visit.say("Sign out"))
        if token:
            await self._sessions.end(token, everywhere=visit.form.has("everywhere"))
        return self._cookies.forget_session(visit.go("/sign-in", "signed-out"))

    async def _sign_in_form(self, visit: Visit, code: HTTPStatus = HTTPStatus.OK) -> Response:
        try:
            providers = list(
                (await ask(visit.hub.sign_in.ListProviders, messages.ListProvidersRequest())).providers
            )
        except Unavailable:
            providers = []
        onward = visit.form.text("next") or visit.query("next")
        return visit.render(
            "sign_in/sign_in.html",
            title=visit.say("Sign in"),
            code=code,
            providers=providers,
            onward=onward if _is_ours(onward) else "",
        )

    def _begun(self, visit: Visit, session: messages.Session, onward: str = "", said: str = "") -> Response:
        if session.withheld_roles and session.acr == "pwd":
            onward, said = HOME, "second-factor-withheld"
        response = visit.go(onward if _is_ours(onward) else HOME, said)
        return self._cookies.keep_session(response, session.session_token, session.device_token)

    def _credentials(self, visit: Visit) -> messages.Credentials:
        form = visit.form
        return messages.Credentials(
            login=form.text("login").lower()[:100],
            password=form.secret("password")[:500],
            code=form.digits("code").replace(" ", "")[:20],
            device_token=self._cookies.device_of(visit.request)[:100],
        )

    def _need(self, visit: Visit, **fields: str) -> None:
        for name, words in fields.items():
            if not visit.form.text(name):
                visit.errors.add(name, words)

    def _redirect_uri(self, provider: str) -> str:
        return f"{self._url}/signed-in/{provider}" if provider else f"{self._url}/signed-in"


def _code_of(error: KemError) -> HTTPStatus:
    return HTTPStatus.SERVICE_UNAVAILABLE if isinstance(error, Unavailable) else HTTPStatus.BAD_REQUEST


def _is_ours(path: str) -> bool:
    """Whether an address to go on to is one of this console, and no other site's."""
    parts = urlsplit(path)
    is_local = (
        path.startswith("/") and not path.startswith(("//", "/\\")) and not (parts.scheme or parts.netloc)
    )
    return is_local and path.isprintable()


def _secret_in(uri: str) -> str:
    """What an app without a camera is told, in groups of four."""
    from urllib.parse import parse_qs

    secret = parse_qs(urlsplit(uri).query)["secret"][0]
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
