#include "tests/proto/contracts.h"

#include "weir/v1/alert.pb.h"
#include "weir/v1/burn.pb.h"
#include "weir/v1/config.pb.h"
#include "weir/v1/dead_letter.pb.h"
#include "weir/v1/inference.pb.h"
#include "weir/v1/kpi.pb.h"
#include "weir/v1/objective.pb.h"
#include "weir/v1/partial.pb.h"
#include "weir/v1/signal.pb.h"
#include "weir/v1/sli.pb.h"

namespace weir::proto_test {

std::vector<const google::protobuf::FileDescriptor*> files() {
  return {v1::ConfigRecord::descriptor()->file(),   v1::DeadLetter::descriptor()->file(),
          v1::InferenceEvent::descriptor()->file(), v1::KpiResult::descriptor()->file(),
          v1::PartialBatch::descriptor()->file(),   v1::Objectives::descriptor()->file(),
          v1::SliBatch::descriptor()->file(),       v1::BurnResult::descriptor()->file(),
          v1::Signal::descriptor()->file(),         v1::AlertRecord::descriptor()->file()};
}

std::vector<const google::protobuf::Descriptor*> messages() {
  std::vector<const google::protobuf::Descriptor*> found;
  for (const auto* file : files()) {
    for (int i = 0; i < file->message_type_count(); ++i) found.push_back(file->message_type(i));
  }
  return found;
}

}  // namespace weir::proto_test
