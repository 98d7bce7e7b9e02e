"""All models that the OpenAPI document names."""

from __future__ import annotations

from pydantic import BaseModel, RootModel

from service.schemas.asked import DeclarationRequest, PricesRequest
from service.schemas.month import Levy, LevyPage, Receipt, TablePage, Totals
from service.schemas.priced import (
    DeclarationAnswer,
    PricedItem,
    PricesAnswer,
    QuoteDocument,
    QuotePage,
    RefusedItem,
    Reproduction,
)
from service.schemas.records import AuditPage, Live, Problem, Ready, WorkerErasure, WorkerExport
from service.schemas.tariff import Contract, TariffMonth, TariffOverview, TariffTable


class BatchItem(RootModel[PricedItem | RefusedItem]):
    """An answer in a batch, or the problem of its request."""


MODELS: tuple[type[BaseModel], ...] = (
    *(PricesRequest, DeclarationRequest),
    *(PricesAnswer, BatchItem, QuoteDocument, QuotePage, Reproduction, DeclarationAnswer),
    *(Levy, LevyPage, TablePage, Totals, Receipt),
    *(TariffOverview, TariffMonth, TariffTable, Contract),
    *(WorkerExport, WorkerErasure, AuditPage, Live, Ready, Problem),
)
