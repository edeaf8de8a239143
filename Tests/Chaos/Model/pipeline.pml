/* The protocol that keeps "nothing is lost, nothing happens twice": inbox, outbox, offsets, rebalance and parked replies.
 *
 * Two workers share two partitions. Partition 0 holds a submission, and the same submission once more (a producer's repeat). Partition 1
 * holds a reply to that ticket, which may be read first. A worker may die at any step, and may go on as a zombie after its partition was
 * given to the other. A transaction is one atomic step of the database; COMMIT may succeed without the worker hearing of it.
 *
 * When nothing is left to do (every offset stored, outbox empty), each event must have had exactly one effect, and its consequence must
 * stand on the topic. At no time may an event have two effects. `check.sh` runs this, and four variants that must fail:
 *   OFFSET_FIRST    the offset is stored before the transaction commits
 *   DIRECT_PUBLISH  events are published from memory, without an outbox
 *   NO_INBOX        nothing remembers what was handled
 *   PARK_UNLOCKED   a reply looks for its ticket and parks without a lock on the ticket's place
 */
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef REBALANCES
#define REBALANCES 3
#endif

#define WORKERS 2
#define PARTITIONS 2
#define NONE 255
#define SUBMISSION 0
#define REPLY 1

/* What worker w does with partition p. */
#define IDLE 0
#define LOOKED 1   /* PARK_UNLOCKED: has seen that there is no ticket */
#define STORED 2   /* OFFSET_FIRST: the offset is stored, the transaction is not */
#define RECORDED 3 /* the transaction has committed */
#define at(w, p) ((w) * PARTITIONS + (p))

/* The log: partition 0 is [SUBMISSION, SUBMISSION], partition 1 is [REPLY]. */
#define length(p) ((p) == 0 -> 2 : 1)
#define event(p) ((p) == 0 -> SUBMISSION : REPLY)

/* The broker. */
byte committed[PARTITIONS];
byte owner[PARTITIONS] = NONE;
byte generation[PARTITIONS];
bool published[2];

/* The database. */
bool inbox[2];
bool outbox[2];
byte effects[2];
bool hasTicket;
bool parked;

/* The workers' memory. */
byte joined[WORKERS * PARTITIONS];   /* the generation that the worker believes in; 0: none */
byte position[WORKERS * PARTITIONS];
byte step[WORKERS * PARTITIONS];
bool unsent[WORKERS * 2];            /* committed events that this worker has still to publish */

byte crashes = CRASHES;
byte rebalances = REBALANCES;

/* The event's effect and its consequence, inside the transaction. */
inline affect(w, e) {
    effects[e]++;
    assert(effects[e] == 1);
#ifndef DIRECT_PUBLISH
    outbox[e] = true;
#endif
    unsent[w * 2 + e] = true
}

/* The whole transaction. What is locked in it nobody else changes, so it is one step. */
inline transact(w, p) {
    if
#ifndef NO_INBOX
    :: inbox[event(p)] -> skip
    :: !inbox[event(p)] ->
#else
    :: true ->
#endif
        inbox[event(p)] = true;
        if
        :: event(p) == SUBMISSION ->
            if
            :: hasTicket ->
#ifdef NO_INBOX
                affect(w, SUBMISSION)
#else
                skip
#endif
            :: else ->
                hasTicket = true;
                affect(w, SUBMISSION);
                if
                :: parked -> parked = false; affect(w, REPLY)
                :: else
                fi
            fi
        :: event(p) == REPLY ->
            if
            :: hasTicket && step[at(w, p)] != LOOKED -> affect(w, REPLY)
            :: else -> parked = true
            fi
        fi
    fi
}

/* Each step of a worker, its guard first, for one partition or event. */
#ifdef OFFSET_FIRST
#define RECORD(p) \
    :: atomic { canTake(w, p) -> \
        if \
        :: joined[at(w, p)] == generation[p] -> committed[p] = position[at(w, p)] + 1 \
        :: else \
        fi; \
        step[at(w, p)] = STORED } \
    :: atomic { step[at(w, p)] == STORED -> transact(w, p); position[at(w, p)]++; step[at(w, p)] = IDLE }
#elif defined(PARK_UNLOCKED)
#define RECORD(p) \
    :: atomic { canTake(w, p) -> \
        if \
        :: event(p) == REPLY && !hasTicket -> step[at(w, p)] = LOOKED \
        :: else -> transact(w, p); step[at(w, p)] = RECORDED \
        fi } \
    :: atomic { step[at(w, p)] == LOOKED -> transact(w, p); step[at(w, p)] = RECORDED }
#else
/* COMMIT may succeed without the worker hearing of it: then it does the same again. */
#define RECORD(p) \
    :: atomic { canTake(w, p) -> transact(w, p); \
        if \
        :: step[at(w, p)] = RECORDED \
        :: skip \
        fi }
#endif

#define canTake(w, p) (joined[at(w, p)] != 0 && step[at(w, p)] == IDLE && position[at(w, p)] < length(p))

/* The broker takes an offset from the present owner only. */
#define STORE(p) \
    :: atomic { step[at(w, p)] == RECORDED -> \
        if \
        :: joined[at(w, p)] == generation[p] -> committed[p] = position[at(w, p)] + 1 \
        :: else \
        fi; \
        position[at(w, p)]++; step[at(w, p)] = IDLE }

/* The partition is somebody else's: what was done is forgotten, and nothing is stored. */
#define NOTICE(p) \
    :: atomic { joined[at(w, p)] != 0 && joined[at(w, p)] != generation[p] -> leave(w, p) }

/* Publishing twice is absorbed by the event's id, so the topic need only remember that it has it. */
#define PUBLISH(e) \
    :: atomic { unsent[w * 2 + e] -> unsent[w * 2 + e] = false; published[e] = true }

/* Whoever committed it: what stands in the outbox is published, and deleted in a step of its own once the broker has it. */
#define RELAY(e) \
    :: atomic { outbox[e] && !published[e] -> published[e] = true } \
    :: atomic { outbox[e] && published[e] -> outbox[e] = false }

inline leave(w, p) {
    joined[at(w, p)] = 0;
    position[at(w, p)] = 0;
    step[at(w, p)] = IDLE
}

inline lose(w, p) {
    leave(w, p);
    if
    :: owner[p] == w -> owner[p] = NONE
    :: else
    fi
}

proctype Worker(byte w) {
end:
    do
    RECORD(0) RECORD(1)
    STORE(0) STORE(1)
    NOTICE(0) NOTICE(1)
    PUBLISH(0) PUBLISH(1)
    /* Die: all memory is gone. */
    :: atomic { crashes > 0 -> crashes--; lose(w, 0); lose(w, 1); unsent[w * 2] = false; unsent[w * 2 + 1] = false }
    od
}

proctype Relay() {
end:
    do
    RELAY(0) RELAY(1)
    od
}

/* Free partitions are given out always, held ones as often as REBALANCES says. */
#define ASSIGN(p, w) \
    :: atomic { (owner[p] == NONE || (owner[p] != w && rebalances > 0)) && committed[p] < length(p) -> \
        if \
        :: owner[p] == NONE \
        :: else -> rebalances-- \
        fi; \
        owner[p] = w; generation[p]++; joined[at(w, p)] = generation[p]; position[at(w, p)] = committed[p]; step[at(w, p)] = IDLE }

proctype Coordinator() {
end:
    do
    ASSIGN(0, 0) ASSIGN(0, 1) ASSIGN(1, 0) ASSIGN(1, 1)
    od
}

#define isQuiet (committed[0] == 2 && committed[1] == 1 && !outbox[0] && !outbox[1] && step[0] + step[1] + step[2] + step[3] == 0 && \
    !unsent[0] && !unsent[1] && !unsent[2] && !unsent[3])

proctype Observer() {
    atomic {
        isQuiet ->
        assert(effects[SUBMISSION] == 1 && effects[REPLY] == 1 && !parked && published[SUBMISSION] && published[REPLY])
    }
}

init { atomic { run Worker(0); run Worker(1); run Relay(); run Coordinator(); run Observer() } }
