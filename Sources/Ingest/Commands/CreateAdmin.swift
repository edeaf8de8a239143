import ArgumentParser
import Domain
import Foundation
import Identity
import Launch
import Stores

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

struct CreateAdmin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create-admin", abstract: "Make an account with the role admin: the first one, or another.",
        discussion: """
            The password is asked for, or read from --password-file (- for standard input): the first line, 12 to 128 characters. It is never an \
            argument, since everyone on the machine can read those.
            """)

    @Option(help: "What the administrator signs in with.")
    var login: String

    @Option(help: "What the administrator is called; the login, when absent.")
    var name: String?

    @Option(help: "Whose tickets are the administrator's own; the login, when absent.")
    var requester: String?

    @Option(help: ArgumentHelp("Read the password from this file; - for standard input.", valueName: "path"))
    var passwordFile: String?

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let name = name ?? login, requester = requester ?? login
        try AccountFields.check(login: login)
        try AccountFields.check(name: name)
        try Limits.check(requester, "requester", limit: Limits.short, required: true)
        let password = try passwordFile.map(Self.read) ?? Self.ask()
        try PasswordPolicy.check(password, field: "password", own: [login, name])
        let hash = try await PasswordHasher().hash(password)
        let account = Account(login: login, name: name, persona: .admin, requesterID: requester, roles: [Role.admin.rawValue], hasPassword: true)
        try await DatabaseCommand.run(options) { pool in
            _ = try await Accounts(pool).create(account, password: hash, by: DatabaseCommand.origin) { _ in }
        }
        print("made administrator \(account.login) (\(account.id.canonical)); sign in with POST /v1/auth/login")
    }

    private static func read(_ path: String) throws -> String {
        let handle = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path)
        guard let handle else { throw ExitReason.usage("cannot read \(path)", next: "Check --password-file.") }
        // More than any password, so that a wrong file is not read whole.
        let bytes = (try? handle.read(upToCount: 4096)) ?? Data()
        guard let text = String(data: bytes, encoding: .utf8) else {
            throw ExitReason.usage("the password is not UTF-8 text", next: "Check --password-file.")
        }
        return String(text.prefix { !$0.isNewline })
    }

    private static func ask() throws -> String {
        guard isatty(STDIN_FILENO) == 1 else {
            throw ExitReason.usage("there is no terminal to ask for the password", next: "Give --password-file PATH, or - for standard input.")
        }
        let first = silently("Password: "), second = silently("Again: ")
        guard first == second else { throw ExitReason.usage("the two passwords differ", next: "Start again.") }
        return first
    }

    /// Reads a line without showing it.
    private static func silently(_ prompt: String) -> String {
        var shown = termios()
        tcgetattr(STDIN_FILENO, &shown)
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        defer { tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown) }
        FileHandle.standardError.write(Data(prompt.utf8))
        let line = readLine() ?? ""
        FileHandle.standardError.write(Data("\n".utf8))
        return line
    }
}

struct RenewSigningKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew-signing-keys", abstract: "End the keys that access tokens are signed with, and make a new one.",
        discussion: """
            For when a key may have leaked. Keys are otherwise renewed by themselves every 30 days. Access tokens end within seconds at every \
            gateway; refresh tokens go on, so nobody has to sign in again.
            """)

    @OptionGroup var options: CommonOptions

    func run() async throws {
        try await DatabaseCommand.run(options) { pool in
            try await SigningKeys(pool).renew(by: DatabaseCommand.origin) { TokenKeys.make(from: $0) }
        }
        print("renewed")
    }
}
