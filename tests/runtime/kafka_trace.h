// Kafka's clients with a trace of what is asked of them: "poll " of a member, "read " and
// "stop topic/0 " of a changelog.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "tests/fakes/forwarding_clients.h"

namespace weir::runtime {

/// Both outlive it and what it makes.
class TracingClients final : public fakes::ForwardingClients {
 public:
  TracingClients(KafkaClients& base, std::string& trace) : ForwardingClients(base), trace_(trace) {}

  Result<std::unique_ptr<GroupMember>> join(std::string_view processor, std::string_view topic,
                                            std::string_view instance) override {
    WEIR_ASSIGN(auto member, ForwardingClients::join(processor, topic, instance));
    return std::make_unique<Member>(std::move(member), trace_);
  }
  Result<std::unique_ptr<ChangelogReader>> open_changelogs() override {
    WEIR_ASSIGN(auto changelogs, ForwardingClients::open_changelogs());
    return std::make_unique<Changelogs>(std::move(changelogs), trace_);
  }

 private:
  class Member final : public fakes::ForwardingMember {
   public:
    Member(std::unique_ptr<GroupMember> base, std::string& trace)
        : ForwardingMember(std::move(base)), trace_(trace) {}

    Result<Event> poll() override {
      trace_ += "poll ";
      return ForwardingMember::poll();
    }

   private:
    std::string& trace_;
  };

  class Changelogs final : public fakes::ForwardingChangelogs {
   public:
    Changelogs(std::unique_ptr<ChangelogReader> base, std::string& trace)
        : ForwardingChangelogs(std::move(base)), trace_(trace) {}

    Result<void> read(const TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                      RecordBatch& batch) override {
      trace_ += "read ";
      return ForwardingChangelogs::read(where, from, max_bytes, batch);
    }
    void stop(const TopicPartition& where) override {
      trace_ += fmt::format("stop {} ", to_string(where));
      ForwardingChangelogs::stop(where);
    }

   private:
    std::string& trace_;
  };

  std::string& trace_;
};

}  // namespace weir::runtime
