public import Domain

// Nobody gives, takes or commands what they do not have themselves: else whoever may reset passwords could become an administrator.
extension Principal {
    /// Whether it holds all of these itself.
    public func covers(_ permissions: Set<Permission>) -> Bool { self.permissions.isSuperset(of: permissions) }

    /// Does nothing when it may hand out `given` or take it away.
    /// - Parameter field: the field of the request that names them.
    /// - Throws: `AccessRefusal` naming the first permission that it lacks, in the order of their names.
    public func requireCovering(_ given: Set<Permission>, field: String? = nil) throws(AccessRefusal) {
        let lacking = given.subtracting(permissions).min { $0.rawValue < $1.rawValue }
        if let lacking { throw AccessRefusal(lacking, field: field) }
    }
}

/// Who must always be left.
public enum LastAdministrator {
    /// Whether taking an account away would leave nobody who can make another administrator.
    /// - Parameters:
    ///   - account: whom it is about.
    ///   - administrators: the accounts that are in force, can sign in, and hold the role `admin`, as they are before the change.
    public static func isEnded<ID: Hashable>(byRemoving account: ID, from administrators: Set<ID>) -> Bool {
        administrators == [account]
    }
}
