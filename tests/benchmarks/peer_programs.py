"""The programs of each side: one that indexes and saves, one that opens what was saved and defines `ask`.

Where an answer is more than an order, `ranks` gives the order, and is not timed. Constants in front: MODEL, the folder
of the embedding model; PLACE, a folder to save in; FOLDER, a judged folder or "".
"""

ASK = """
import resource
questions = json.load(open(PLACE + "/questions.json"))
first = next(iter(questions.values()))
ask(first)
cold = time.perf_counter() - began
ranked, ms = {}, []
for id_, question in questions.items():
    start = time.perf_counter()
    ranked[id_] = ask(question)
    ms.append((time.perf_counter() - start) * 1000)
if "ranks" in globals():
    ranked = {id_: ranks(question) for id_, question in questions.items()}
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"ranked": ranked, "ms": ms, "cold_s": cold, "memory_mb": memory}))
"""

_START = """
import json, os, time
began = time.perf_counter()
"""
_TEXTS = _START + 'texts = json.load(open(PLACE + "/texts.json"))\n'
_DONE = '\nprint(json.dumps({"index_s": time.perf_counter() - began}))\n'

CHATBOT_BUILD = (
    _START
    + """
from pathlib import Path
from chatbot.answering.verdict.calibration import calibrate
from chatbot.evaluation.beir import corpus_reader
from chatbot.indexing.building.build import build, build_from
from chatbot.settings import load_settings
if FOLDER:
    build_from(corpus_reader(Path(FOLDER)), load_settings(), calibrate=calibrate)
else:
    build(load_settings(), calibrate=calibrate)
"""
    + _DONE
)
CHATBOT_ASK = (
    _START
    + """
from chatbot import Chatbot, Filters
answerer = Chatbot.open().answerer
def ask(question):
    return answerer.ask(question, 10, (), Filters())
def ranks(question):
    return answerer.ranked(question)
"""
)

PLAIN_BUILD = (
    _TEXTS
    + """
import faiss
from sentence_transformers import SentenceTransformer
vectors = SentenceTransformer(MODEL, device="cpu").encode(list(texts.values()), normalize_embeddings=True)
index = faiss.IndexFlatIP(vectors.shape[1])
index.add(vectors)
faiss.write_index(index, PLACE + "/plain.faiss")
"""
    + _DONE
)
PLAIN_ASK = (
    _TEXTS
    + """
import faiss
from sentence_transformers import SentenceTransformer
model, index, ids = SentenceTransformer(MODEL, device="cpu"), faiss.read_index(PLACE + "/plain.faiss"), list(texts)
def ask(question):
    _, rows = index.search(model.encode([question], normalize_embeddings=True), min(100, len(ids)))
    return [ids[row] for row in rows[0]]
"""
)

CHROMA = """
import chromadb
from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction
function = SentenceTransformerEmbeddingFunction(model_name=MODEL, device="cpu", normalize_embeddings=True)
client = chromadb.PersistentClient(PLACE + "/chroma", settings=chromadb.Settings(anonymized_telemetry=False))
"""
CHROMA_BUILD = (
    _TEXTS
    + CHROMA
    + """
collection = client.create_collection("texts", embedding_function=function, configuration={"hnsw": {"space": "cosine"}})
ids = list(texts)
for first in range(0, len(ids), 1000):
    some = ids[first:first + 1000]
    collection.add(ids=some, documents=[texts[id_] for id_ in some])
"""
    + _DONE
)
CHROMA_ASK = (
    _START
    + CHROMA
    + """
collection = client.get_collection("texts", embedding_function=function)
def ask(question):
    return collection.query(query_texts=[question], n_results=100)["ids"][0]
"""
)

TXTAI_BUILD = (
    _TEXTS
    + """
from txtai import Embeddings
embeddings = Embeddings(path=MODEL, hybrid=True, gpu=False)
embeddings.index((id_, text, None) for id_, text in texts.items())
embeddings.save(PLACE + "/txtai")
"""
    + _DONE
)
TXTAI_ASK = (
    _START
    + """
from txtai import Embeddings
embeddings = Embeddings(gpu=False)
embeddings.load(PLACE + "/txtai")
def ask(question):
    return [id_ for id_, _ in embeddings.search(question, 100)]
"""
)

LLAMA = """
from llama_index.core import Settings, StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import TextNode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.retrievers.bm25 import BM25Retriever
Settings.embed_model, Settings.llm = HuggingFaceEmbedding(model_name=MODEL, device="cpu"), MockLLM()
"""
LLAMA_BUILD = (
    _TEXTS
    + LLAMA
    + """
nodes = [TextNode(id_=id_, text=text) for id_, text in texts.items()]
VectorStoreIndex(nodes).storage_context.persist(PLACE + "/llama")
BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=100).persist(PLACE + "/llama-bm25")
"""
    + _DONE
)
LLAMA_ASK = (
    _START
    + LLAMA
    + """
index = load_index_from_storage(StorageContext.from_defaults(persist_dir=PLACE + "/llama"))
both = [index.as_retriever(similarity_top_k=100), BM25Retriever.from_persist_dir(PLACE + "/llama-bm25")]
fusion = QueryFusionRetriever(both, num_queries=1, mode="reciprocal_rerank", similarity_top_k=100, use_async=False)
def ask(question):
    return [found.node.node_id for found in fusion.retrieve(question)]
"""
)

HAYSTACK = """
from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder, SentenceTransformersTextEmbedder,
)
from haystack.utils import ComponentDevice
cpu = ComponentDevice.from_str("cpu")
"""
HAYSTACK_BUILD = (
    _TEXTS
    + HAYSTACK
    + """
store = InMemoryDocumentStore(embedding_similarity_function="cosine")
embedder = SentenceTransformersDocumentEmbedder(model=MODEL, device=cpu, progress_bar=False)
embedder.warm_up()
store.write_documents(embedder.run([Document(id=id_, content=text) for id_, text in texts.items()])["documents"])
store.save_to_disk(PLACE + "/haystack.json")
"""
    + _DONE
)
HAYSTACK_ASK = (
    _START
    + HAYSTACK
    + """
store = InMemoryDocumentStore.load_from_disk(PLACE + "/haystack.json")
pipeline = Pipeline()
pipeline.add_component("embed", SentenceTransformersTextEmbedder(model=MODEL, device=cpu, progress_bar=False))
pipeline.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=100))
pipeline.add_component("words", InMemoryBM25Retriever(store, top_k=100))
pipeline.add_component("join", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=100))
pipeline.connect("embed.embedding", "dense.query_embedding")
pipeline.connect("dense", "join")
pipeline.connect("words", "join")
pipeline.warm_up()
def ask(question):
    found = pipeline.run({"embed": {"text": question}, "words": {"query": question}})
    return [document.id for document in found["join"]["documents"]]
"""
)

PROGRAMS = {
    "chatbot": (CHATBOT_BUILD, CHATBOT_ASK),
    "plain": (PLAIN_BUILD, PLAIN_ASK),
    "Chroma": (CHROMA_BUILD, CHROMA_ASK),
    "txtai hybrid": (TXTAI_BUILD, TXTAI_ASK),
    "LlamaIndex fusion": (LLAMA_BUILD, LLAMA_ASK),
    "Haystack joined": (HAYSTACK_BUILD, HAYSTACK_ASK),
}

_CHANGE = """
import os, statistics, time
os.environ |= {"HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"}
import numpy as np
drawn = np.random.default_rng(0)
def vectors(texts):
    rows = drawn.standard_normal((len(texts), 384)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
ids = [f"t{n}" for n in range(TEXTS)]
texts = [f"Passage {n} says what to ask about pay, a team and part {n % 97} of an offer." for n in range(TEXTS)]
"""
_CHANGED = """
took = []
for round_ in range(ROUNDS):
    began = time.perf_counter()
    replace(ids[round_], f"Passage {round_} says something else now.")
    took.append(time.perf_counter() - began)
print(f"{statistics.median(took):.2f}")
"""
_CHROMA_CHANGE = """
import chromadb
kept = chromadb.PersistentClient(PLACE + "/chroma").create_collection("texts")
for n in range(0, TEXTS, 1000):
    kept.upsert(ids[n:n + 1000], vectors(ids[n:n + 1000]), documents=texts[n:n + 1000])
def replace(id_, text):
    kept.upsert([id_], vectors([text]), documents=[text])
"""
_TXTAI_CHANGE = """
from txtai import Embeddings
kept = Embeddings(method="external", transform=vectors, content=True, hybrid=True)
kept.index(zip(ids, texts))
kept.save(PLACE + "/txtai")
def replace(id_, text):
    kept.upsert([(id_, text)])
    kept.save(PLACE + "/txtai")
"""
_LLAMA_CHANGE = """
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
class Drawn(BaseEmbedding):
    def _get_text_embedding(self, text):
        return vectors([text])[0].tolist()
    _get_query_embedding = _get_text_embedding
    async def _aget_query_embedding(self, text):
        return self._get_text_embedding(text)
documents = [Document(text=text, id_=id_) for id_, text in zip(ids, texts)]
kept = VectorStoreIndex.from_documents(documents, embed_model=Drawn())
def replace(id_, text):
    documents[ids.index(id_)] = Document(text=text, id_=id_)
    kept.refresh_ref_docs(documents)
    kept.storage_context.persist(PLACE + "/llama")
"""
ONE_CHANGE = {
    name: _CHANGE + program + _CHANGED
    for name, program in {
        "Chroma upsert": _CHROMA_CHANGE,
        "txtai upsert and save": _TXTAI_CHANGE,
        "LlamaIndex refresh, persist": _LLAMA_CHANGE,
    }.items()
}
