import Testing

@testable import WorkerRuntime

@Suite struct BatchSizeTests {
    @Test func `what fails whole is tried in halves, down to one`() {
        var size = BatchSize(largest: 500)
        var tried: [Int] = []
        for _ in 0..<12 {
            tried.append(size.current)
            size.failed(size.current)
        }
        #expect(tried.prefix(9) == [500, 250, 125, 62, 31, 15, 7, 3, 1])
        #expect(tried.last == 1)
    }

    @Test func `a small batch that fails makes the next one no larger`() {
        var size = BatchSize(largest: 500)
        size.failed(10)
        size.failed(200)
        #expect(size.current == 5)
    }

    @Test func `it grows back with full batches, and beyond a few with quick ones alone`() {
        var size = BatchSize(largest: 500)
        for _ in 0..<12 { size.failed(size.current) }
        size.succeeded(0, within: .zero)
        #expect(size.current == 1)
        while size.current < BatchSize.few { size.succeeded(size.current, within: .milliseconds(500)) }
        let few = size.current
        size.succeeded(few, within: .milliseconds(500))
        size.succeeded(few - 1, within: .zero)
        #expect(size.current == few)
        var batches = 0
        while size.current < 500 {
            size.succeeded(size.current, within: .milliseconds(10))
            batches += 1
        }
        #expect(batches < 40)
        size.succeeded(500, within: .milliseconds(10))
        #expect(size.current == 500)
    }

    @Test func `a slow success halves too`() {
        var size = BatchSize(largest: 500)
        size.succeeded(400, within: .seconds(2))
        #expect(size.current == 200)
    }

    /// Twenty round trips of 80 ms take as long for one event as for fifty: a size that followed the time alone would end at one, for good.
    @Test func `slow round trips leave it a few`() {
        var size = BatchSize(largest: 500)
        for _ in 0..<20 {
            size.succeeded(size.current, within: .milliseconds(1600 + size.current))
            #expect(size.current >= BatchSize.few)
        }
        size.failed(2)
        for _ in 0..<40 { size.succeeded(size.current, within: .milliseconds(1600 + size.current)) }
        #expect((BatchSize.few...2 * BatchSize.few).contains(size.current))
    }

    @Test func `a slow success does not undo what a failure settled`() {
        var size = BatchSize(largest: 500)
        size.failed(20)
        size.succeeded(400, within: .seconds(2))
        #expect(size.current == 10)
    }
}
