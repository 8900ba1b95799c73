// alert: which changes of conditions are alerts, whom to tell of them, and why.
//
// Input: `weir.signal` (v1.Signal), one task on its one partition. Outputs: see outbox.h. Lives of
// alerts follow event time, of the task that evaluates the condition; waits, intervals, silences
// and storms follow the append times that were read. There is no clock.
//
// A signal that is no Signal stops the task; one that it does not know (of a newer weir, about an
// alert that is not kept) is counted and passed over. A silence above labels::kMaxSilences is
// counted, too, and told as one that has ended.
#pragma once

#include "processors/alert/book.h"
#include "processors/alert/config.h"
#include "processors/alert/outbox.h"
#include "processors/alert/probe.h"
#include "processors/runtime/processor.h"
#include "weir/v1/signal.pb.h"

namespace weir::alert {

/// A resolved alert is kept so long, by append time, so that it may still be marked.
inline constexpr DurationUs kKeepResolvedUs = 7 * kDayUs;

class AlertProcessor final : public runtime::Processor {
 public:
  /// `probe` outlives this.
  AlertProcessor(const Config& config, Probe& probe);

  Result<void> open(runtime::TaskContext& context) override;
  Result<std::size_t> process(std::span<const runtime::Record> records,
                              runtime::TaskContext& context) override;
  Result<void> prepare_commit(runtime::TaskContext& context) override;
  bool commit_required() const override { return output_full_; }
  bool commit_urgent() const override { return told_; }
  TimeUs watermark() const override { return book_.head().reached_us(); }

 private:
  Result<void> take(const runtime::Record& record, runtime::TaskContext& context);
  void tell_rules(const runtime::Record& record, runtime::TaskContext& context);
  void take_condition(const v1::Signal& signal, Outbox& outbox);
  void take_time(const v1::Signal& signal, Outbox& outbox);
  void take_acknowledgement(const v1::Acknowledgement& acknowledgement, Outbox& outbox);
  void take_mark(const v1::AlertMark& mark, Outbox& outbox);
  void take_silence(const v1::Silence& silence, Outbox& outbox);
  void take_expiry(const v1::SilenceExpiry& expiry, Outbox& outbox);
  /// As one that ends now, if it has not.
  void tell_ended(v1::Silence silence, Outbox& outbox);
  /// Once a day: who reads the end of weir.alert knows all that stands, however long it has.
  void tell_again(Outbox& outbox);
  /// Everything that follows from what was taken: what is hidden, and who is told.
  void settle(const v1::Signal& signal, Outbox& outbox);
  /// null: there are too many alerts for one more.
  Entry* admit(const std::string& fingerprint);
  bool make_room();
  void forget_old();
  void forget_ended_silences();
  void count_firing();
  void describe(Entry& entry) const;

  const Config config_;
  const std::string rules_;  // as they are recorded
  const std::uint64_t rules_hash_;
  Probe& probe_;
  Book book_;
  bool told_ = false;         // since the last commit
  bool output_full_ = false;  // a commit must come first
};

}  // namespace weir::alert
