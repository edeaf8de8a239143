import Foundation
import Testing
@testable import Postgres

/// Values that no honest server sends: refused, whatever they are. More of them in FuzzTests.
@Suite struct HostileValueTests {
    private func refuses<Value: PostgresDecodable>(_ bytes: [UInt8], _ type: PostgresType, as _: Value.Type) -> Bool {
        do {
            _ = try bytes.withUnsafeBytes { try Value.decode($0, as: type) }
            return false
        } catch {
            return (error as? PostgresError)?.kind == .decoding
        }
    }

    @Test(arguments: [.min + 1, .max - 1, -211_813_488_000_000_001, 9_223_371_331_200_000_000] as [Int64])
    func `a time outside what timestamptz holds is refused`(micros: Int64) {
        let bytes = withUnsafeBytes(of: micros.bigEndian) { Array($0) }
        #expect(refuses(bytes, .timestamptz, as: Date.self))
    }

    @Test(arguments: [.max, 1_000_000, 2, -1] as [Int32])
    func `an array that announces more than it holds is refused before room is made`(count: Int32) {
        var bytes: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25]
        bytes += withUnsafeBytes(of: count.bigEndian) { Array($0) } + [0, 0, 0, 1, 0, 0, 0, 1, 65]
        #expect(refuses(bytes, .textArray, as: [String].self))
        #expect(refuses(bytes, .textArray, as: [String?].self))
    }

    @Test func `a numeric with an impossible digit is refused`() {
        let bytes: [UInt8] = [0, 1, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        #expect(refuses(bytes, .numeric, as: Double.self))
        #expect(refuses(bytes, .numeric, as: Int.self))
    }
}
