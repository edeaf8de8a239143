import Foundation

/// PostgreSQL's programs, and who may run its server.
package enum PostgresPrograms {
    package static let places =
        [
            "/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin", "/usr/local/pgsql/bin", "/usr/local/bin",
            "/usr/bin"
        ]

    /// - Throws: `LocalError` that says what to install.
    package static func path(_ name: String) throws -> String {
        for place in places where FileManager.default.isExecutableFile(atPath: "\(place)/\(name)") { return "\(place)/\(name)" }
        throw LocalError(
            "no_postgres", "found no \(name) of PostgreSQL 15 or later", next: "Install it (apt-get install postgresql-15) or set DATABASE_URL.")
    }

    /// The account that runs the server when we are root, which PostgreSQL refuses to be run by; nil when we are not root.
    package static func account() throws -> String? {
        guard geteuid() == 0 else { return nil }
        for name in ["postgres", "nobody"] where getpwnam(name) != nil { return name }
        throw LocalError(
            "no_account", "PostgreSQL refuses to run as root, and there is no account postgres or nobody",
            next: "Run this as another user, or set DATABASE_URL.")
    }

    /// The program, run by `account`.
    package static func program(_ name: String, _ arguments: [String], as account: String?, log: String? = nil) throws -> Program {
        let environment = ["LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"]
        let path = try path(name)
        guard let account else { return Program(path: path, arguments: arguments, environment: environment, log: log) }
        // Unlike su and runuser it becomes the program, so that the process we start is the server itself.
        let setpriv = "/usr/bin/setpriv"
        guard FileManager.default.isExecutableFile(atPath: setpriv) else {
            throw LocalError(
                "no_setpriv", "\(setpriv) is missing, which lets root run PostgreSQL as \(account)",
                next: "Install util-linux, or run this as another user.")
        }
        // From the root directory, since the account may not enter ours.
        return Program(
            path: "/usr/bin/env",
            arguments: ["-C", "/", setpriv, "--reuid=\(account)", "--regid=\(group(of: account))", "--clear-groups", "--", path] + arguments,
            environment: environment, log: log)
    }

    package static func group(of account: String) -> String {
        getpwnam(account).map { String($0.pointee.pw_gid) } ?? account
    }
}
