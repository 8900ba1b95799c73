#include "processors/objectives/open_slo_document.h"

namespace weir::objectives {
namespace {

void read_service(const config::Section& root) {
  const auto spec = root.section("spec");
  std::string text;
  if (spec) spec->string("description", text);
}

void read_data_source(const config::Section& root) {
  const auto spec = root.section("spec");
  if (!spec) return;
  std::string text;
  spec->string("description", text);
  spec->string("type", text);
  spec->has("connectionDetails");  // another source's own
}

template <class T>
void keep(const config::Section& root, std::string_view kind, std::map<std::string, T>& kept,
          T value, const std::string& name) {
  if (!kept.emplace(name, std::move(value)).second)
    root.refuse("metadata", fmt::format("there is another {} named {}", kind, name));
}

}  // namespace

std::string read_name(const config::Section& root) {
  root.require("metadata", "metadata: {name: chat-availability}");
  const auto metadata = root.section("metadata");
  std::string name;
  if (!metadata) return name;
  metadata->require("name", "name: chat-availability");
  metadata->string("name", name);
  std::string text;
  metadata->string("displayName", text);
  metadata->has("labels");  // other people's
  metadata->has("annotations");
  return name;
}

void read_document(const config::Section& root, OpenSloDocuments& documents) {
  std::string version;
  root.require("apiVersion", "apiVersion: openslo/v1");
  if (root.string("apiVersion", version) && version != "openslo/v1")
    root.refuse("apiVersion", fmt::format("'{}' is not read; write openslo/v1", version));
  std::string kind;
  root.require("kind", "kind: SLO");
  root.string("kind", kind);
  const std::string name = read_name(root);
  if (kind == "SLO") {
    documents.slos.push_back(read_slo(root, name));
  } else if (kind == "SLI") {
    if (const auto spec = root.section("spec"))
      keep(root, kind, documents.indicators, read_indicator(*spec), name);
    else
      root.require("spec", "spec: {ratioMetric: ...}");
  } else if (kind == "AlertPolicy") {
    keep(root, kind, documents.policies, read_policy(root, name), name);
  } else if (kind == "AlertCondition") {
    keep(root, kind, documents.conditions, read_condition(root, name), name);
  } else if (kind == "AlertNotificationTarget") {
    read_target(root);
  } else if (kind == "Service") {
    read_service(root);
  } else if (kind == "DataSource") {
    read_data_source(root);
  } else {
    root.refuse("kind",
                "must be one of SLO, SLI, AlertPolicy, AlertCondition, AlertNotificationTarget, "
                "Service, DataSource");
  }
}

}  // namespace weir::objectives
