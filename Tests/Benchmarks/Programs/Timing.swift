import Foundation

/// Seconds of processor time that this thread has used.
func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The value below which `part` of the sorted values lie.
func quantile(_ part: Double, of sorted: [Double]) -> Double {
    guard !sorted.isEmpty else { return 0 }
    return sorted[min(sorted.count - 1, Int((part * Double(sorted.count)).rounded(.down)))]
}

/// Prints one JSON object, which the harness reads.
func report(_ values: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    print(String(decoding: try encoder.encode(values), as: UTF8.self))
}

/// Reads a file of JSON objects, one a line.
func lines<Line: Decodable>(_ path: String, as _: Line.Type = Line.self) throws -> [Line] {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let decoder = JSONDecoder()
    return try text.split(separator: "\n").map { try decoder.decode(Line.self, from: Data($0.utf8)) }
}
