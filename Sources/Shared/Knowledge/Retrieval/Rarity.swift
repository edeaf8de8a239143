import Foundation

/// Inverse document frequency.
enum Rarity {
    /// Of a word that `count` of `total` chunks have: `ln(1 + (N - n + 0.5) / (n + 0.5))`.
    static func of(_ count: Int, among total: Double) -> Double {
        log(1 + (total - Double(count) + 0.5) / (Double(count) + 0.5))
    }
}
