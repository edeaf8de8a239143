import Foundation
import Synchronization

/// The files of Swagger UI, which `make docs-ui` puts into a directory. The list is fixed: nothing that a client sends becomes part of a file's
/// name.
final class DocumentationAssets: Sendable {
    enum Asset: String, CaseIterable, Sendable {
        case style = "swagger-ui.css"
        case bundle = "swagger-ui-bundle.js"
        case icon = "favicon-32x32.png"

        var contentType: String {
            switch self {
            case .style: "text/css; charset=utf-8"
            case .bundle: "text/javascript; charset=utf-8"
            case .icon: "image/png"
            }
        }
    }

    private let directory: String
    /// Kept once read: they come with an installation and change with the next.
    private let read = Mutex<[Asset: [UInt8]]>([:])

    init(directory: String) {
        self.directory = directory
    }

    /// Nil while the file is not there.
    @concurrent func bytes(_ asset: Asset) async -> [UInt8]? {
        if let known = read.withLock({ $0[asset] }) { return known }
        guard let data = try? Data(contentsOf: URL(filePath: directory).appending(path: asset.rawValue)) else { return nil }
        let bytes = Array(data)
        read.withLock { $0[asset] = bytes }
        return bytes
    }

    /// Whether the documentation can be shown.
    var areComplete: Bool {
        Asset.allCases.allSatisfy { asset in
            read.withLock { $0[asset] != nil } || FileManager.default.isReadableFile(atPath: directory + "/" + asset.rawValue)
        }
    }
}
