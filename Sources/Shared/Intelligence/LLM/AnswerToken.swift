/// A word of an answer, and what it looks like.
struct AnswerToken: Hashable {
    enum Kind: Hashable {
        case plain
        case address, path
        /// `user/trainee`: perhaps a path.
        case alternatives([String])
        /// Signs that prose does not have: `a=b`, `$HOME`, `&&`, `my_unit`.
        case code
        /// The name of a program.
        case command
        /// `-r`, `--force`.
        case option
    }

    var text: String
    var kind: Kind

    private static let separators: Set<Character> = [
        "(", ")", "[", "]", "<", ">", "\"", "'", "`", "«", "»", "“", "”", "„", "‘", "’", ",", ";", "|", "*", "{", "}", "\u{201A}"
    ]
    private static let edges: Set<Character> = [".", ":", "!", "?", "…", "¿", "¡"]

    static func tokens(of text: String) -> [AnswerToken] {
        text.split { $0.isWhitespace || separators.contains($0) }.compactMap { part in
            var word = part
            while let last = word.last, edges.contains(last) { word.removeLast() }
            // A dot at the beginning belongs to a path or a hidden file.
            while let first = word.first, edges.contains(first), first != "." { word.removeFirst() }
            return word.isEmpty ? nil : AnswerToken(text: String(word), kind: kind(of: word))
        }
    }

    private static func kind(of word: Substring) -> Kind {
        let hasLetter = word.contains(where: \.isLetter)
        if word.contains("://") || word.lowercased().hasPrefix("www.") || (word.contains("@") && word.contains(".")) { return .address }
        if word.first == "-", hasLetter, word.dropFirst().first.map({ $0 == "-" || $0.isLetter }) == true { return .option }
        if word == "&&" || word == "||" { return .code }
        if word.contains("=") && hasLetter || word.first == "$" && hasLetter || word.contains("_") { return .code }
        if word.contains("\\") || ["/", "~", "."].contains(word.first), word.count > 1, hasLetter { return .path }
        let colon = word.split(separator: ":", omittingEmptySubsequences: false)
        if colon.count == 2, colon[0].contains(where: \.isLetter), !colon[1].isEmpty, colon[1].allSatisfy(\.isNumber) { return .address }
        if word.contains("/") { return slashed(word) }
        return dotted(word) ?? (commands.contains(word.lowercased()) ? .command : .plain)
    }

    private static func slashed(_ word: Substring) -> Kind {
        let parts = word.split(separator: "/")
        if parts.allSatisfy({ $0.allSatisfy(\.isNumber) }) { return word.first == "/" ? .path : .plain }
        if parts.count == 2, parts.allSatisfy({ $0.allSatisfy { $0.isLetter || $0 == "-" } }) {
            return .alternatives(parts.flatMap { $0.lowercased().split(separator: "-").map(String.init) })
        }
        return .path
    }

    /// File names, hosts and network addresses; nil for abbreviations and numbers.
    private static func dotted(_ word: Substring) -> Kind? {
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 1, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        if parts.allSatisfy({ $0.allSatisfy(\.isNumber) }) { return parts.count == 4 ? .address : nil }
        guard let last = parts.last, (2...12).contains(last.count), last.contains(where: \.isLetter) else { return nil }
        if parts.count == 2, parts[0].count < 2 { return nil }
        return domains.contains(last.lowercased()) ? .address : .path
    }

    private static let domains: Set<String> = [
        "com", "net", "org", "io", "eu", "de", "es", "fr", "pt", "it", "uk", "us", "br", "ch", "at", "dev", "app", "info", "biz", "xyz", "edu",
        "gov", "local", "internal", "lan", "cloud", "online", "site", "top"
    ]

    /// Programs whose names are not words of the six languages.
    private static let commands: Set<String> = [
        "sudo", "su", "rm", "rmdir", "chmod", "chown", "curl", "wget", "ssh", "scp", "sftp", "rsync", "systemctl", "journalctl", "docker", "podman",
        "kubectl", "helm", "apt", "apt-get", "yum", "dnf", "pip", "pip3", "npm", "iptables", "nft", "ufw", "ifconfig", "ipconfig", "netsh",
        "powershell", "pwsh", "cmd", "regedit", "bash", "zsh", "nslookup", "traceroute", "tracert", "timedatectl", "hwclock", "ntpdate", "chronyc",
        "modprobe", "insmod", "rmmod", "sysctl", "grub", "dd", "mkfs", "fsck", "virsh", "qemu", "vim", "nano", "grep", "sed", "awk", "xargs", "nc",
        "ncat", "netcat", "nmap", "tcpdump", "setenforce", "auditctl", "crontab", "killall", "pkill", "nohup", "chroot", "nsenter", "umount",
        "visudo", "useradd", "usermod", "passwd", "openssl", "python", "python3", "perl", "psql", "mysql", "git", "diskpart", "sfc", "dism",
        "taskkill", "wmic", "bcdedit", "schtasks", "vssadmin", "wevtutil"
    ]
}
