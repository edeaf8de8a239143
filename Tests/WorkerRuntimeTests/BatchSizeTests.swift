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

    @Test func `it grows back with quick full batches alone`() {
        var size = BatchSize(largest: 500)
        for _ in 0..<12 { size.failed(size.current) }
        size.succeeded(0, within: .zero)
        size.succeeded(1, within: .milliseconds(500))
        #expect(size.current == 1)
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
}
