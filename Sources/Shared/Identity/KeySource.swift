public import Foundation
public import Stores

/// Where keys are looked up.
public protocol KeySource: Sendable {
    /// The keys in force among these SHA-256 hashes. Throws when it cannot be asked, never for a hash that is not there.
    func grants(for hashes: [[UInt8]]) async throws -> [[UInt8]: ApiKeyGrant]
    /// Notes that these keys were used.
    func noteUsed(_ ids: [UUID]) async throws
}

extension ApiKeys: KeySource {}
