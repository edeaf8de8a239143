import Foundation
import Logging
import NIOSSL
import Observability
import ServiceLifecycle
import Synchronization

/// The gateway's certificate cannot be used.
struct CertificateError: Error, CustomStringConvertible {
    let description: String
}

/// The certificate and key that new connections are served with; they follow the files, so that a renewed certificate needs no restart.
final class ServerCertificates: Service, CustomStringConvertible {
    struct Files: Sendable {
        /// PEM: the server's certificate first, then those between it and the root.
        var certificate: String
        var key: String
        /// How often the files are looked at.
        var interval: Duration = .seconds(10)
    }

    private struct State {
        var context: NIOSSLContext
        var stamp: [UInt8]
        var expiry: Date
        /// What was tried last and could not be used, so that it is complained about once.
        var refused: [UInt8]?
    }

    private let files: Files
    private let logger: Logger
    private let state: Mutex<State>

    var description: String { "certificates" }

    /// - Throws: `CertificateError`, which names the setting and the file.
    init(_ files: Files, logger: Logger) throws {
        self.files = files
        self.logger = logger
        let (certificate, key) = try Self.read(files)
        let (context, expiry) = try Self.context(certificate, key, files)
        state = Mutex(State(context: context, stamp: certificate + key, expiry: expiry))
    }

    /// For the next connection. Those that are open keep theirs.
    var context: NIOSSLContext { state.withLock { $0.context } }

    /// When the certificate in use ends, in seconds since 1970.
    var expiry: Double { state.withLock { $0.expiry.timeIntervalSince1970 } }

    func run() async throws {
        await cancelWhenGracefulShutdown { await self.follow() }
    }

    private func follow() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: files.interval)
            if !Task.isCancelled { reload() }
        }
    }

    /// Takes the files if they changed and fit each other; else the old certificate stays.
    func reload() {
        do {
            let (certificate, key) = try Self.read(files)
            let stamp = certificate + key
            guard state.withLock({ $0.stamp != stamp && $0.refused != stamp }) else { return }
            do {
                let (context, expiry) = try Self.context(certificate, key, files)
                state.withLock { $0 = State(context: context, stamp: stamp, expiry: expiry) }
                logger.notice("the certificate was renewed", [.path: .string(files.certificate), .until: .string(expiry.formatted(.iso8601))])
            } catch {
                // Between the replacement of one file and of the other they do not fit; so this may pass by itself.
                state.withLock { $0.refused = stamp }
                logger.warning("the changed certificate cannot be used; the old one stays", [.error: .string("\(error)")])
            }
        } catch {
            logger.warning("the certificate's files cannot be read; the old one stays", [.error: .string("\(error)")])
        }
    }

    private static func read(_ files: Files) throws -> (certificate: [UInt8], key: [UInt8]) {
        func bytes(_ path: String, _ setting: String) throws -> [UInt8] {
            do {
                return Array(try Data(contentsOf: URL(filePath: path)))
            } catch {
                throw CertificateError(description: "\(setting): '\(path)' cannot be read")
            }
        }
        return (try bytes(files.certificate, "tls.certificate"), try bytes(files.key, "tls.key"))
    }

    private static func context(_ certificate: [UInt8], _ key: [UInt8], _ files: Files) throws -> (NIOSSLContext, expiry: Date) {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(certificate)
        } catch {
            throw CertificateError(description: "tls.certificate: expected certificates in PEM form in '\(files.certificate)'")
        }
        guard let leaf = chain.first else {
            throw CertificateError(description: "tls.certificate: there is no certificate in '\(files.certificate)'")
        }
        let privateKey: NIOSSLPrivateKey
        do {
            privateKey = try NIOSSLPrivateKey(bytes: key, format: .pem)
        } catch {
            throw CertificateError(description: "tls.key: expected a private key in PEM form, without a passphrase, in '\(files.key)'")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            return (try NIOSSLContext(configuration: configuration), Date(timeIntervalSince1970: TimeInterval(leaf.notValidAfter)))
        } catch {
            throw CertificateError(description: "tls.key: the key in '\(files.key)' does not belong to the certificate in '\(files.certificate)'")
        }
    }
}
