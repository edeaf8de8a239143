import Foundation

/// An authority and certificates signed by it, a broker's for 127.0.0.1 and localhost and a client's, made by `openssl` in a directory of their own.
/// The directory goes with the last reference.
public final class TestCertificates: Sendable {
    public let directory: String
    /// The authority's certificate: what a client names in `ssl.ca.location`.
    public var authority: String { directory + "/authority.pem" }
    /// A certificate and its key.
    public struct Pair: Sendable {
        public let certificate: String
        public let key: String
    }

    public var broker: Pair { pair("broker") }
    /// What a client names in `ssl.certificate.location` and `ssl.key.location`.
    public var client: Pair { pair("client") }

    /// - Throws: `TestCertificatesError`, which says what to install.
    public init() throws {
        directory = FileManager.default.temporaryDirectory.path + "/tls-" + UUID().uuidString.prefix(8).lowercased()
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let fresh = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        try openssl(["req"] + fresh + ["-subj", "/CN=Test authority", "-keyout", directory + "/authority.key", "-out", authority])
        for (pair, names) in [(broker, ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]), (client, [])] {
            try openssl(
                ["req"] + fresh + names + [
                    "-subj", "/CN=helpdesk", "-addext", "basicConstraints=critical,CA:FALSE", "-CA", authority, "-CAkey",
                    directory + "/authority.key", "-keyout", pair.key, "-out", pair.certificate
                ])
        }
    }

    private func pair(_ name: String) -> Pair { Pair(certificate: "\(directory)/\(name).pem", key: "\(directory)/\(name).key") }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        let log = directory + "/openssl.log"
        try Data().write(to: URL(fileURLWithPath: log))
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let words = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw TestCertificatesError(status: process.terminationStatus, words: words)
        }
    }
}

/// `openssl` is missing or refused to make a certificate.
public struct TestCertificatesError: Error, CustomStringConvertible {
    let status: Int32
    let words: String

    public var description: String {
        status == 127
            ? "openssl: not found, and the TLS tests make their certificates with it. Install it: apt-get install openssl (make deps does)"
            : "openssl ended with \(status), expected 0. It needs version 3.0 or later (openssl version). It said: \(words.suffix(500))"
    }
}
