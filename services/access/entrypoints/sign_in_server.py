"""The door for whoever signs in."""

from collections.abc import Mapping

import grpc

from chassis.caller import AssertionSigner
from chassis.peers import read_certificate
from kem.access.v1 import access_service_pb2 as messages
from kem.access.v1 import access_service_pb2_grpc
from services.access.adapters.identity_provider import IdentityProvider
from services.access.entrypoints.translate import offered, session_message, set_time
from services.access.use_cases.authenticate import SignInParts
from services.access.use_cases.begin_enrolment import begin_enrolment
from services.access.use_cases.begin_sign_in import begin_sign_in
from services.access.use_cases.change_password import change_password
from services.access.use_cases.confirm_enrolment import confirm_enrolment
from services.access.use_cases.finish_sign_in import ReturnedSignIn, finish_sign_in
from services.access.use_cases.issue_assertion import issue_assertion
from services.access.use_cases.sign_in import sign_in
from services.access.use_cases.sign_out import sign_out

_Context = grpc.aio.ServicerContext


class SignInServer(access_service_pb2_grpc.SignInServiceServicer):
    """kem.access.v1.SignInService.

    Args:
        signer: of the assertions that people get, not of those by which this service speaks for itself.
    """

    def __init__(
        self, parts: SignInParts, providers: Mapping[str, IdentityProvider], signer: AssertionSigner
    ) -> None:
        self._parts = parts
        self._providers = providers
        self._signer = signer

    async def SignIn(
        self, request: messages.SignInRequest, context: _Context[object, object]
    ) -> messages.SignInResponse:
        """By password and code."""
        session = await sign_in(offered(request.credentials), self._parts)
        return messages.SignInResponse(session=session_message(session))

    async def ChangePassword(
        self, request: messages.ChangePasswordRequest, context: _Context[object, object]
    ) -> messages.ChangePasswordResponse:
        """The person's own."""
        await change_password(offered(request.credentials), request.new_password, self._parts)
        return messages.ChangePasswordResponse()

    async def BeginEnrolment(
        self, request: messages.BeginEnrolmentRequest, context: _Context[object, object]
    ) -> messages.BeginEnrolmentResponse:
        """Shows the secret, this once."""
        uri = await begin_enrolment(offered(request.credentials), self._parts)
        return messages.BeginEnrolmentResponse(otpauth_uri=uri)

    async def ConfirmEnrolment(
        self, request: messages.ConfirmEnrolmentRequest, context: _Context[object, object]
    ) -> messages.ConfirmEnrolmentResponse:
        """By the first code."""
        session = await confirm_enrolment(offered(request.credentials), request.new_code, self._parts)
        return messages.ConfirmEnrolmentResponse(session=session_message(session))

    async def ListProviders(
        self, request: messages.ListProvidersRequest, context: _Context[object, object]
    ) -> messages.ListProvidersResponse:
        """By name."""
        paths = {name: one.settings.loopback_path for name, one in self._providers.items()}
        return messages.ListProvidersResponse(
            providers=sorted(paths),
            loopback_paths={name: path for name, path in paths.items() if path},
        )

    async def BeginSignIn(
        self, request: messages.BeginSignInRequest, context: _Context[object, object]
    ) -> messages.BeginSignInResponse:
        """Sends the browser to a provider."""
        begun = await begin_sign_in(request.provider, request.redirect_uri, self._providers, self._parts)
        return messages.BeginSignInResponse(
            authorization_url=begun.authorization_url, browser_token=begun.browser_token
        )

    async def FinishSignIn(
        self, request: messages.FinishSignInRequest, context: _Context[object, object]
    ) -> messages.FinishSignInResponse:
        """Takes the browser back."""
        returned = ReturnedSignIn(
            request.state, request.code, request.browser_token, request.issuer, request.redirect_uri
        )
        session = await finish_sign_in(returned, self._providers, self._parts)
        return messages.FinishSignInResponse(session=session_message(session))

    async def IssueAssertion(
        self, request: messages.IssueAssertionRequest, context: _Context[object, object]
    ) -> messages.IssueAssertionResponse:
        """Bound to the certificate over which the call came."""
        issued = await issue_assertion(
            request.session_token,
            read_certificate(context).thumbprint,
            self._parts,
            self._signer,
            by_itself=request.by_itself,
        )
        agency_id = issued.account.agency_id
        answer = messages.IssueAssertionResponse(
            assertion=issued.assertion,
            principal_id=str(issued.account.principal_id),
            agency_id=str(agency_id) if agency_id else None,
            roles=sorted(issued.roles),
            acr=issued.acr,
            display_name=issued.account.display_name,
        )
        set_time(answer.expire_time, issued.expire_time)
        return answer

    async def SignOut(
        self, request: messages.SignOutRequest, context: _Context[object, object]
    ) -> messages.SignOutResponse:
        """Here, or everywhere."""
        await sign_out(request.session_token, everywhere=request.everywhere, parts=self._parts)
        return messages.SignOutResponse()
