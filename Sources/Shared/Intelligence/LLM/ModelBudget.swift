/// What may be spent on a model per minute and per day, in tokens and money. Pure: the caller says what time it is.
///
/// Windows are fixed (a minute or a day of UTC), so at their edge up to twice a minute's budget may be spent within a minute. A call is
/// charged its highest possible price before it is made and the true one after, so that calls in parallel cannot overspend together. One
/// whose highest price is more than a whole window's budget takes an unspent window for itself: otherwise it would wait for ever.
public struct ModelBudget: Sendable, Hashable {
    public enum Window: String, Sendable, Hashable, CaseIterable {
        case minute, day

        var length: Int { self == .minute ? 60 : 86400 }
    }

    /// Nil: no limit.
    public struct Limits: Sendable, Hashable {
        public var tokensPerMinute: Int?
        public var tokensPerDay: Int?
        public var moneyPerMinute: Double?
        public var moneyPerDay: Double?

        public init(tokensPerMinute: Int? = nil, tokensPerDay: Int? = nil, moneyPerMinute: Double? = nil, moneyPerDay: Double? = nil) {
            self.tokensPerMinute = tokensPerMinute
            self.tokensPerDay = tokensPerDay
            self.moneyPerMinute = moneyPerMinute
            self.moneyPerDay = moneyPerDay
        }
    }

    public struct Charge: Sendable, Hashable {
        public var tokens: Int
        public var money: Double

        public init(tokens: Int, money: Double) {
            self.tokens = tokens
            self.money = money
        }
    }

    /// A charge that stands until it is settled.
    public struct Reservation: Sendable, Hashable {
        let charge: Charge
        let minute: Int
        let day: Int
    }

    public struct Exhausted: Error, Sendable, Hashable {
        public let window: Window
        /// Until the window's end.
        public let retryAfter: Duration
    }

    private struct Spent: Hashable {
        var index = Int.min
        var tokens = 0
        var money = 0.0

        mutating func add(_ charge: Charge, at index: Int) {
            guard self.index == index else { return }
            tokens += charge.tokens
            money += charge.money
        }
    }

    public let limits: Limits
    private var minute = Spent()
    private var day = Spent()

    public init(_ limits: Limits = Limits()) {
        self.limits = limits
    }

    /// What this UTC day has cost so far, open reservations included.
    public var spentToday: Charge { Charge(tokens: day.tokens, money: day.money) }

    /// Charges `charge`, or throws the window that has no room for it.
    /// - Parameter now: since the Unix epoch.
    public mutating func reserve(_ charge: Charge, at now: Duration) throws(Exhausted) -> Reservation {
        let (minuteIndex, dayIndex) = indices(at: now)
        if minute.index != minuteIndex { minute = Spent(index: minuteIndex) }
        if day.index != dayIndex { day = Spent(index: dayIndex) }
        switch refusal(of: charge, at: now) {
        case .day: throw exhausted(.day, dayIndex, now)
        case .minute: throw exhausted(.minute, minuteIndex, now)
        case nil: break
        }
        minute.add(charge, at: minuteIndex)
        day.add(charge, at: dayIndex)
        return Reservation(charge: charge, minute: minuteIndex, day: dayIndex)
    }

    /// The window that has no room for `charge` now; nil when `reserve` would take it. Changes nothing.
    public func refusal(of charge: Charge, at now: Duration) -> Window? {
        let (minuteIndex, dayIndex) = indices(at: now)
        let minute = minute.index == minuteIndex ? minute : Spent(index: minuteIndex)
        let day = day.index == dayIndex ? day : Spent(index: dayIndex)
        if !fits(charge, into: day, limits.tokensPerDay, limits.moneyPerDay) { return .day }
        if !fits(charge, into: minute, limits.tokensPerMinute, limits.moneyPerMinute) { return .minute }
        return nil
    }

    /// A clock set back does not give the money back.
    private func indices(at now: Duration) -> (minute: Int, day: Int) {
        let seconds = Int(now.components.seconds)
        return (max(minute.index, seconds / Window.minute.length), max(day.index, seconds / Window.day.length))
    }

    /// Replaces a reservation by what it came to; a window that has passed is left alone.
    public mutating func settle(_ reservation: Reservation, as actual: Charge) {
        let difference = Charge(tokens: actual.tokens - reservation.charge.tokens, money: actual.money - reservation.charge.money)
        minute.add(difference, at: reservation.minute)
        day.add(difference, at: reservation.day)
    }

    /// Gives a reservation back: the call cost nothing.
    public mutating func release(_ reservation: Reservation) {
        settle(reservation, as: Charge(tokens: 0, money: 0))
    }

    private func fits(_ charge: Charge, into spent: Spent, _ tokens: Int?, _ money: Double?) -> Bool {
        if let tokens, spent.tokens + min(charge.tokens, tokens) > tokens { return false }
        // A thousandth of a millionth of slack for sums of fractions.
        if let money, spent.money + min(charge.money, money) > money + 1e-9 { return false }
        return true
    }

    private func exhausted(_ window: Window, _ index: Int, _ now: Duration) -> Exhausted {
        Exhausted(window: window, retryAfter: .seconds((index + 1) * window.length) - now)
    }
}
