import Foundation
@testable import Intelligence
import Testing

@Suite struct LLMBudgetTests {
    @Test func `a minute's tokens are refused until the minute ends`() throws {
        var budget = ModelBudget(.init(tokensPerMinute: 100))
        _ = try budget.reserve(.init(tokens: 60, money: 0), at: .seconds(10))
        #expect(throws: ModelBudget.Exhausted(window: .minute, retryAfter: .seconds(40))) {
            try budget.reserve(.init(tokens: 41, money: 0), at: .seconds(20))
        }
        _ = try budget.reserve(.init(tokens: 40, money: 0), at: .seconds(20))
        _ = try budget.reserve(.init(tokens: 100, money: 0), at: .seconds(60))
    }

    @Test func `a day's money is refused until midnight UTC`() throws {
        var budget = ModelBudget(.init(moneyPerDay: 1))
        _ = try budget.reserve(.init(tokens: 1, money: 0.75), at: .seconds(86400))
        #expect(throws: ModelBudget.Exhausted(window: .day, retryAfter: .seconds(86300))) {
            try budget.reserve(.init(tokens: 1, money: 0.5), at: .seconds(86500))
        }
        _ = try budget.reserve(.init(tokens: 1, money: 0.5), at: .seconds(2 * 86400))
    }

    @Test func `settling gives back what was not used, and charges what was`() throws {
        var budget = ModelBudget(.init(tokensPerMinute: 100, tokensPerDay: 1000))
        let first = try budget.reserve(.init(tokens: 90, money: 2), at: .seconds(1))
        budget.settle(first, as: .init(tokens: 30, money: 0.5))
        #expect(budget.spentToday == .init(tokens: 30, money: 0.5))
        let second = try budget.reserve(.init(tokens: 70, money: 0), at: .seconds(2))
        budget.release(second)
        #expect(budget.spentToday.tokens == 30)
    }

    @Test func `a reservation settled after its minute leaves the next minute alone`() throws {
        var budget = ModelBudget(.init(tokensPerMinute: 100))
        let old = try budget.reserve(.init(tokens: 90, money: 0), at: .seconds(59))
        _ = try budget.reserve(.init(tokens: 90, money: 0), at: .seconds(61))
        budget.release(old)
        #expect(throws: ModelBudget.Exhausted.self) { try budget.reserve(.init(tokens: 20, money: 0), at: .seconds(62)) }
    }

    @Test func `a clock set back gives nothing back`() throws {
        var budget = ModelBudget(.init(tokensPerMinute: 100))
        _ = try budget.reserve(.init(tokens: 90, money: 0), at: .seconds(120))
        #expect(throws: ModelBudget.Exhausted.self) { try budget.reserve(.init(tokens: 90, money: 0), at: .seconds(30)) }
    }

    @Test(arguments: [
        ("7", Duration.seconds(7)), ("  0 ", .zero), ("999999999999999999999", .seconds(86400)),
        ("Thu, 01 Jan 1970 00:01:40 GMT", .seconds(90)), ("Thu, 01 Jan 1970 00:00:00 GMT", .zero)
    ])
    func `Retry-After is read in both forms and bounded`(text: String, wait: Duration) {
        #expect(RetryDelay.read(text, now: Date(timeIntervalSince1970: 10)) == wait)
    }

    @Test(arguments: ["", "soon", "-5", "1.5", "١٢"])
    func `another Retry-After is none`(text: String) {
        #expect(RetryDelay.read(text, now: Date(timeIntervalSince1970: 10)) == nil)
    }

    @Test func `waits double, are jittered downwards, and give up rather than outwait`() {
        let delay = RetryDelay(longest: .seconds(2))
        #expect(delay.next(after: 1, asked: nil, jitter: 0) == .milliseconds(500))
        #expect(delay.next(after: 2, asked: nil, jitter: 1) == .milliseconds(500))
        #expect(delay.next(after: 9, asked: nil, jitter: 0) == .seconds(2))
        #expect(delay.next(after: 1, asked: .seconds(2), jitter: 1) == .seconds(2))
        #expect(delay.next(after: 1, asked: .seconds(3), jitter: 0) == nil)
    }
}
