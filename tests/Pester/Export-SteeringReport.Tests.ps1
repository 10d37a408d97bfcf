BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/hash.yaml "version: 1`npolicy: hash`notherwise: { by: hash }"
    $trace = New-PacketTrace 400 -Rate 1000 -Seed 3
    $measurement = $trace | Measure-SteeringPolicy -Policy TestDrive:/hash.yaml -SlotCount 4
    $comparison = $trace | Compare-SteeringPolicy TestDrive:/hash.yaml -SlotCount 4 -NewSlotCount 5
}

Describe 'Export-SteeringReport' {
    It 'writes bars by default' {
        $text = $measurement | Export-SteeringReport
        $text | Should -BeOfType string
        $text | Should -Match 'slot 3 .*█'
    }

    It 'writes JSON that has every number' {
        $json = $measurement | Export-SteeringReport -Format Json | ConvertFrom-Json
        $json.flows | Should -Be 400
        $json.slots.Count | Should -Be 4
        ($measurement, $comparison | Export-SteeringReport -Format Json | ConvertFrom-Json).Count | Should -Be 2
    }

    It 'writes a page with charts' {
        $file = $measurement, $comparison | Export-SteeringReport TestDrive:/report.html -PassThru
        $file.Name | Should -Be 'report.html'
        $page = Get-Content TestDrive:/report.html -Raw
        $page | Should -Match '<svg'
        $page | Should -Match 'class="matrix"'
    }

    It 'writes nothing with -WhatIf, and does not overwrite with -NoClobber' {
        $measurement | Export-SteeringReport TestDrive:/never.json -WhatIf
        Test-Path TestDrive:/never.json | Should -BeFalse
        $measurement | Export-SteeringReport TestDrive:/once.json
        { $measurement | Export-SteeringReport TestDrive:/once.json -NoClobber -ErrorAction Stop } | Should -Throw -ErrorId 'FileUnwritable*'
    }

    It 'refuses what is no report' {
        { 'text' | Export-SteeringReport -ErrorAction Stop } | Should -Throw -ErrorId 'NotAReport*'
    }
}
