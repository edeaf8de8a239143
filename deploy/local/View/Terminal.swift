import Foundation

/// What standard output is.
enum Terminal {
    static var isInteractive: Bool { isatty(1) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb" }

    /// Columns; 80 when it is not known.
    static var width: Int {
        var size = winsize()
        return ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Written at once, whole, without a buffer that a killed process would take along.
    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        var written = 0
        bytes.withUnsafeBytes { buffer in
            while written < buffer.count {
                let count = Foundation.write(1, buffer.baseAddress?.advanced(by: written), buffer.count - written)
                if count <= 0 { return }
                written += count
            }
        }
    }

    static func print(_ line: String) { write(line + "\n") }
}
