// Azure's public LLM inference traces (Azure/AzurePublicDataset), CSV with the header
// TIMESTAMP,ContextTokens,GeneratedTokens; CRLF or LF; times as `2023-11-16 18:17:03.9799600`, in
// ticks of 100 ns, of which whole microseconds are kept, read as UTC unless they name an offset.
//
// An event has its time, service, input and output tokens; status and latency are unknown, hence
// absent.
#pragma once

#include <memory>
#include <string>

#include "processors/ingest/importer.h"

namespace weir::ingest {

/// `service` empty: what stands behind the last '_' of the file's name, so that
/// AzureLLMInferenceTrace_code.csv is the service `code`; a file without '_' is invalid_argument.
std::unique_ptr<Importer> make_azure_llm_importer(std::string service);

}  // namespace weir::ingest
