import Domain
import HTTPTypes
import Identity
import Stores

extension Problem {
    /// The problem behind a refusal of an act on people, roles or keys; nil for every other error.
    init?(identityError error: any Error) {
        switch error {
        case let field as InvalidField: self = .invalid(field)
        case let refusal as IdentityRefusal: self.init(refusal)
        case let refusal as SignInRefusal: self.init(refusal)
        case let refusal as RequestKeyRefusal: self.init(refusal)
        case AuthenticationError.refused: self = .credentials("Sign in again.")
        case is AuthenticationError:
            self = .unavailable(.identityUnavailable, "The keys that sign access tokens cannot be read now; nothing was done. Try again.")
        default: return nil
        }
    }

    private init(_ refusal: IdentityRefusal) {
        switch refusal {
        case .notFound: self = .absent
        case .loginTaken: self.init(.alreadyExists, "Another account has this login.")
        case .requesterTaken: self.init(.alreadyExists, "Another account stands for this requester.")
        case .roleTaken: self.init(.alreadyExists, "A role of this name exists.")
        case .unknownRole: self = .invalid(InvalidField("roles", expected: "roles that exist: see GET /v1/roles", found: "another"))
        case .roleInUse: self.init(.roleInUse, "Accounts or keys have this role; take it from them first.")
        case .builtInRole:
            self.init(.builtInRole, "The roles admin, agent and end_user stay, and admin keeps every permission. Make a role of your own.")
        case .lastAdministrator:
            self.init(.lastAdministrator, "Nobody else could administer the help desk then. Make another administrator first, one who can sign in.")
        case .stale(let version):
            self.init(
                .versionMismatch, "The account is at version \(version) now. Read it again, and send its new ETag if you still want this.",
                headers: [.eTag: VersionTag.text(version)])
        case .tokenRefused:
            self = .invalid(InvalidField("token", expected: "an invitation or reset that is unused and not expired", found: "another text"))
        }
    }

    private init(_ refusal: SignInRefusal) {
        switch refusal {
        case .refused: self = .credentials("Check what you sent and sign in again, or ask an administrator to reset the password.")
        case .wait(let seconds):
            self.init(
                .tooManyAttempts, "Too many attempts in a row. Wait \(seconds) s; the wait doubles with each further one.",
                headers: [.retryAfter: "\(seconds)"])
        case .busy: self = .unavailable(.identityUnavailable, "Too many passwords are being checked; nothing was done. Try again.")
        }
    }

    static func credentials(_ advice: String) -> Problem {
        Problem(.invalidCredentials, "The credentials are not good. \(advice)", headers: [.wwwAuthenticate: #"Bearer realm="helpdesk""#])
    }
}
